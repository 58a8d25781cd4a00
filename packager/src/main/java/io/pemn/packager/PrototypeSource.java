package io.pemn.packager;

import io.pemn.format.Padding;
import io.pemn.format.Prototype;

/** Where the masked layers of a network get their values from. */
public sealed interface PrototypeSource {
  /** How the layers read the values. */
  Padding padding();

  /** Number of values, from 1 to {@value Prototype#MAX_LENGTH}. */
  int length();

  /** The values, in order; the caller does not change them. */
  float[] values();

  /** Whether the values travel in the archive. */
  boolean isStored();

  /**
   * Values that a seed regenerates.
   *
   * @param prototype what regenerates them
   * @param shuffledLength 0, or the length of the permutation through which layers read them
   * @param isStored whether the values travel in the archive all the same
   */
  record Generated(Prototype prototype, int shuffledLength, boolean isStored)
      implements PrototypeSource {
    @Override
    public Padding padding() {
      return Padding.of(prototype, shuffledLength);
    }

    @Override
    public int length() {
      return prototype.length();
    }

    @Override
    public float[] values() {
      return prototype.values();
    }
  }

  /**
   * Values that nothing regenerates. Layers read them in order.
   *
   * @param values at least one, at most {@value Prototype#MAX_LENGTH}, all of them finite; not
   *     copied: treat them as read-only
   */
  record Explicit(float[] values) implements PrototypeSource {
    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException in one sentence, if there are none or too many, or one is
     *     not finite
     */
    public Explicit {
      if (values.length < 1 || values.length > Prototype.MAX_LENGTH) {
        throw new IllegalArgumentException(
            "A prototype has between 1 and "
                + Prototype.MAX_LENGTH
                + " values, not "
                + values.length
                + ".");
      }
      for (float value : values) {
        if (!Float.isFinite(value)) {
          throw new IllegalArgumentException(
              "A prototype has the value " + value + ", but all its values must be finite.");
        }
      }
    }

    @Override
    public Padding padding() {
      return Padding.of(values, 0, 0);
    }

    @Override
    public int length() {
      return values.length;
    }

    @Override
    public boolean isStored() {
      return true;
    }
  }
}
