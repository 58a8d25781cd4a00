package io.pemn.compressor.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** The memory of one batch, filled again and again: images NCHW and labels. */
final class BatchBuffer {
  private final int pixelsPerImage;
  private final ByteBuffer bytes;
  private final FloatBuffer images;
  private final int[] labels;
  private int size;

  BatchBuffer(int capacity, int pixelsPerImage) {
    this.pixelsPerImage = pixelsPerImage;
    this.bytes =
        ByteBuffer.allocateDirect(capacity * pixelsPerImage * Float.BYTES)
            .order(ByteOrder.nativeOrder());
    this.images = bytes.asFloatBuffer();
    this.labels = new int[capacity];
  }

  /** Forgets the images; {@link #add} begins with the first again. */
  void clear() {
    size = 0;
  }

  /** Appends an image, CHW. */
  void add(float[] image, int label) {
    images.put(size * pixelsPerImage, image, 0, pixelsPerImage);
    labels[size] = label;
    size++;
  }

  int size() {
    return size;
  }

  /** Returns a read-only view of exactly the images there are. */
  FloatBuffer images() {
    return images.duplicate().position(0).limit(size * pixelsPerImage).asReadOnlyBuffer();
  }

  /** Returns the memory of exactly the images there are. */
  ByteBuffer imageBytes() {
    return bytes.slice(0, size * pixelsPerImage * Float.BYTES).order(ByteOrder.nativeOrder());
  }

  /** Returns a copy of the labels there are. */
  int[] labels() {
    return Arrays.copyOf(labels, size);
  }
}
