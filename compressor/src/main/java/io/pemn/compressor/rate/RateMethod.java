package io.pemn.compressor.rate;

import io.pemn.packager.baseline.WeightFormat;
import java.util.List;
import java.util.Map;

/**
 * A way of making a network small.
 *
 * @param name as rows name it; no comma
 * @param group of methods that a plot shows as one series
 * @param networks globs of the networks' names that it is for
 * @param kind what is trained and how it is shipped
 */
public record RateMethod(String name, String group, List<String> networks, Kind kind) {
  /** Copies the list. */
  public RateMethod {
    RateRow.requirePlain(name);
    RateRow.requirePlain(group);
    networks = List.copyOf(networks);
  }

  /** Whether it is for a network. */
  public boolean isFor(RateNetwork network) {
    return networks.stream().anyMatch(glob -> matches(glob, network.name()));
  }

  /** Whether a name is as a glob says, in which * stands for any characters. */
  public static boolean matches(String glob, String name) {
    int star = glob.indexOf('*');
    if (star < 0) {
      return glob.equals(name);
    }
    if (!name.startsWith(glob.substring(0, star))) {
      return false;
    }
    for (int from = star; from <= name.length(); from++) {
      if (matches(glob.substring(star + 1), name.substring(from))) {
        return true;
      }
    }
    return false;
  }

  /** What is trained and how it is shipped. */
  public sealed interface Kind {
    /** Options of the training that differ from the network's. */
    Map<String, String> options();
  }

  /**
   * Masks over a prototype.
   *
   * @param options of the training that differ from the network's
   * @param stored as what
   */
  public record Masks(Map<String, String> options, Stored stored) implements Kind {
    /** Copies the options. */
    public Masks {
      options = Map.copyOf(options);
    }
  }

  /** How masks are stored. */
  public enum Stored {
    /** As a {@code .pemn} archive. */
    ARCHIVE,
    /** As the paper counts: one bit a weight, all else float32, and the seed. */
    RAW_BITS
  }

  /**
   * Dense weights.
   *
   * @param format how they are stored
   * @param options of the training that differ from the network's, such as its width
   */
  public record Dense(WeightFormat format, Map<String, String> options) implements Kind {
    /** Copies the options. */
    public Dense {
      options = Map.copyOf(options);
    }
  }

  /**
   * Dense weights, pruned by magnitude after 60 % of the epochs and trained on as they are then.
   *
   * @param kept fraction of each layer's weights, greater than 0, at most 1
   * @param format how they are stored
   */
  public record Pruned(double kept, WeightFormat format) implements Kind {
    @Override
    public Map<String, String> options() {
      return Map.of();
    }
  }
}
