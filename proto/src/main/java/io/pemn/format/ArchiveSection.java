package io.pemn.format;

/**
 * The parts of an archive, in the words of docs/format.md.
 *
 * @since 0.1
 */
public enum ArchiveSection {
  /** The file as a whole: its size, and what stands before the archive or behind it. */
  FILE,
  /** What the head's digest covers beside the metadata, and the digest: fields 1, 2 and 4. */
  HEAD,
  /** Field 3: what the archive says of its network, its layers and its other sections. */
  METADATA,
  /** Field 5. */
  MASKS,
  /** Field 6: the tensors that are not masked. */
  REMAINDER,
  /** Field 7. */
  PROTOTYPE_VALUES,
  /** Field 8: a TorchScript module without the numbers of its tensors. */
  MODULE,
  /** Field 9. */
  CODED_PROTOTYPE,
  /** No part of the file: what says who signed it, and stands beside it. */
  SIGNATURE
}
