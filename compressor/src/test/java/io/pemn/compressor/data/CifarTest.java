package io.pemn.compressor.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.Normalization;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarTest {
  @TempDir Path folder;

  @Test
  void cifar10IsReadFromItsFiveBatchesInOrder() throws IOException {
    writeCifar10(folder);

    Dataset dataset = DataSources.load("cifar10:" + folder, Path.of("unused"));

    assertEquals("cifar10", dataset.name());
    assertEquals("6 images of 3x32x32 in 10 classes", dataset.train().toString());
    assertEquals("1 images of 3x32x32 in 10 classes", dataset.test().toString());
    assertEquals(
        List.of(1, 2, 3, 4, 5, 9), IntStream.range(0, 6).mapToObj(dataset.train()::label).toList());
    assertEquals(7, dataset.test().label(0));
    assertEquals("class 9", dataset.labels().get(9));
    assertEquals(
        Normalization.parse("0.4914,0.4822,0.4465/0.2470,0.2435,0.2616"), dataset.normalization());
  }

  @Test
  void aRecordIsItsLabelThenRedGreenBlueRowByRow() throws IOException {
    writeCifar10(folder);
    byte[] record = record(new int[] {4}, 0);
    record[1 + 2 * 32 + 5] = 11;
    record[1 + 1024 + 31 * 32 + 31] = 22;
    record[1 + 2048] = (byte) 233;
    Files.write(folder.resolve("test_batch.bin"), record);

    ImageSet test = (ImageSet) DataSources.load("cifar10:" + folder, Path.of("unused")).test();

    assertEquals(4, test.label(0));
    assertEquals(11, test.pixel(0, 0, 2, 5));
    assertEquals(22, test.pixel(0, 1, 31, 31));
    assertEquals(233, test.pixel(0, 2, 0, 0));
  }

  @Test
  void cifar100HasFineLabelsAndItsOfficialSubfolderIsFound() throws IOException {
    writeCifar100(Files.createDirectory(folder.resolve("cifar-100-binary")));

    Dataset dataset = DataSources.load("cifar100:" + folder, Path.of("unused"));

    assertEquals("2 images of 3x32x32 in 100 classes", dataset.train().toString());
    assertArrayEquals(
        new int[] {99, 0}, new int[] {dataset.train().label(0), dataset.train().label(1)});
    assertEquals(42, dataset.test().label(0));
    assertEquals(100, dataset.labels().size());
  }

  @Test
  void theOfficialSubfolderOfCifar10IsFound() throws IOException {
    writeCifar10(Files.createDirectory(folder.resolve("cifar-10-batches-bin")));

    assertEquals(6, DataSources.load("cifar10:" + folder, Path.of("unused")).train().size());
  }

  @Test
  void whatIsMissingIsNamedWithWhereToGetIt() throws IOException {
    assertRefused("cifar10", "names no folder", "cifar-10-binary.tar.gz");
    assertRefused("cifar10:" + folder.resolve("no"), "There is no folder", "kriz/cifar.html");
    assertRefused("cifar10:" + folder, "no file", "data_batch_1.bin", "cifar-10-binary.tar.gz");
    assertRefused("cifar100:" + folder, "no file", "train.bin", "cifar-100-binary.tar.gz");
    writeCifar10(folder);
    Files.delete(folder.resolve("data_batch_4.bin"));
    assertRefused("cifar10:" + folder, "data_batch_4.bin");
  }

  @Test
  void filesThatAreNotWhatTheyShouldBeAreRefused() throws IOException {
    writeCifar10(folder);
    Path batch = folder.resolve("data_batch_2.bin");
    byte[] good = Files.readAllBytes(batch);

    Files.write(batch, new byte[0]);
    assertRefused("cifar10:" + folder, "data_batch_2.bin has 0 bytes", "3073");
    Files.write(batch, new byte[3072]);
    assertRefused("cifar10:" + folder, "data_batch_2.bin has 3072 bytes", "3073");
    Files.write(batch, record(new int[] {10}, 0));
    assertRefused("cifar10:" + folder, "image 0 the label 10", "0..9");

    Files.write(batch, good);
    Files.writeString(folder.resolve("batches.meta.txt"), "one\ntwo\n");
    assertRefused("cifar10:" + folder, "names 2 classes", "has 10");
    Files.write(folder.resolve("batches.meta.txt"), new byte[1 << 17]);
    assertRefused("cifar10:" + folder, "131072 bytes");
  }

  private static void assertRefused(String spec, String... found) {
    String message =
        assertThrows(DataException.class, () -> DataSources.load(spec, Path.of("unused")))
            .getMessage();
    for (String part : found) {
      assertTrue(message.contains(part), message);
    }
    assertTrue(message.contains("; ") && message.endsWith("."), message);
  }

  private static void writeCifar10(Path folder) throws IOException {
    for (int batch = 1; batch <= 5; batch++) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      bytes.write(record(new int[] {batch}, batch));
      if (batch == 5) {
        bytes.write(record(new int[] {9}, 99));
      }
      Files.write(folder.resolve("data_batch_" + batch + ".bin"), bytes.toByteArray());
    }
    Files.write(folder.resolve("test_batch.bin"), record(new int[] {7}, 7));
    // The official file ends with an empty line.
    Files.writeString(folder.resolve("batches.meta.txt"), names(10) + "\n\n");
  }

  private static void writeCifar100(Path folder) throws IOException {
    ByteArrayOutputStream train = new ByteArrayOutputStream();
    train.write(record(new int[] {19, 99}, 1));
    train.write(record(new int[] {3, 0}, 2));
    Files.write(folder.resolve("train.bin"), train.toByteArray());
    Files.write(folder.resolve("test.bin"), record(new int[] {3, 42}, 3));
    Files.writeString(folder.resolve("fine_label_names.txt"), names(100) + "\n");
  }

  private static String names(int count) {
    return IntStream.range(0, count).mapToObj(i -> "class " + i).collect(Collectors.joining("\n"));
  }

  private static byte[] record(int[] labels, int pixel) {
    byte[] record = new byte[labels.length + 3072];
    Arrays.fill(record, (byte) pixel);
    for (int i = 0; i < labels.length; i++) {
      record[i] = (byte) labels[i];
    }
    return record;
  }
}
