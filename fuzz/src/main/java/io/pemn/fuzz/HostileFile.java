package io.pemn.fuzz;

/**
 * A file that attacks a reader.
 *
 * @param path below testdata/hostile; its folder says which reader is meant
 * @param attack what it tries, in a few words
 * @param refusal the simple name of the exception that it must end in; {@link #READ} if it is no
 *     more than strange
 * @param bytes the file
 */
record HostileFile(String path, String attack, String refusal, byte[] bytes) {
  /** What stands instead of an exception where the file is harmless and is read. */
  static final String READ = "none";
}
