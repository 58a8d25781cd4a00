package io.pemn.fuzz;

/** Inputs whose first byte chooses what the others are read as. */
public final class ChosenInput {
  private ChosenInput() {}

  /** The input in which a number chooses, from 0 to 255. */
  public static byte[] seed(int choice, byte[] content) {
    byte[] seed = new byte[content.length + 1];
    seed[0] = (byte) choice;
    System.arraycopy(content, 0, seed, 1, content.length);
    return seed;
  }
}
