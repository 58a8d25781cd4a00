package io.pemn.format.network;

final class Sizes {
  private Sizes() {}

  static void check(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          what.substring(0, 1).toUpperCase(java.util.Locale.ROOT)
              + what.substring(1)
              + " must be between "
              + min
              + " and "
              + max
              + ", not "
              + value
              + ".");
    }
  }
}
