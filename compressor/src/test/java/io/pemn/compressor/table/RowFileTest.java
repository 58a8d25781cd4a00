package io.pemn.compressor.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowFileTest {
  @TempDir Path folder;

  /** Rows are "key,number". */
  private static final RowFile.Format<String> FORMAT =
      new RowFile.Format<>() {
        @Override
        public String command() {
          return "pemn test";
        }

        @Override
        public String header() {
          return "key,number";
        }

        @Override
        public String toCsv(String row) {
          return row;
        }

        @Override
        public String parse(String line) {
          if (!line.matches("\\w+,\\d+")) {
            throw new IllegalArgumentException(line);
          }
          return line;
        }
      };

  private static boolean sameKey(String one, String other) {
    return one.split(",")[0].equals(other.split(",")[0]);
  }

  @Test
  void rowsTakeThePlaceOfThoseTheySupersede() throws IOException {
    Path file = folder.resolve("t.csv");
    RowFile<String> rows = RowFile.open(file, FORMAT);
    assertEquals(List.of(), rows.rows());
    rows.add(List.of("a,1", "b,2"), RowFileTest::sameKey);
    rows.add(List.of("a,3"), RowFileTest::sameKey);
    assertEquals(List.of("b,2", "a,3"), rows.rows());
    assertEquals("key,number\nb,2\na,3\n", Files.readString(file));
    assertEquals(rows.rows(), RowFile.open(file, FORMAT).rows());
  }

  @Test
  void whatAnotherProcessAddedInTheMeantimeStays() throws IOException {
    Path file = folder.resolve("t.csv");
    RowFile<String> mine = RowFile.open(file, FORMAT);
    RowFile.open(file, FORMAT).add(List.of("b,2"), RowFileTest::sameKey);
    mine.add(List.of("a,1"), RowFileTest::sameKey);
    assertEquals("key,number\nb,2\na,1\n", Files.readString(file));
  }

  @Test
  void aFileOfOtherColumnsSaysWhichTheyAre() throws IOException {
    says("key,size\n", "it lacks the columns number and has the foreign columns size");
    says("key,number,size\n", "it has the foreign columns size");
    says("key\n", "it lacks the columns number");
    says("number,key\n", "its columns are in another order");
    says("Dear diary\n", "its first line is not the names of the columns");
    says("", "it is empty");
    says("key,number\na,1\nb\n", "Line 3 of ");
  }

  @Test
  void whatIsNotTextHasNoColumnsEither() throws IOException {
    Path file = Files.write(folder.resolve("latin.csv"), new byte[] {'k', (byte) 0xE9, ',', '\n'});
    String message = assertThrows(IOException.class, () -> RowFile.open(file, FORMAT)).getMessage();
    assertEquals(true, message.contains("is not the names of the columns; name another"), message);
  }

  private void says(String content, String expected) throws IOException {
    Path file = folder.resolve("foreign.csv");
    Files.writeString(file, content);
    String message = assertThrows(IOException.class, () -> RowFile.open(file, FORMAT)).getMessage();
    assertEquals(true, message.contains(expected), message);
    assertEquals(content, Files.readString(file));
  }
}
