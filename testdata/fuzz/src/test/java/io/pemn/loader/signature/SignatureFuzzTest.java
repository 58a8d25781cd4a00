package io.pemn.loader.signature;

import io.pemn.format.PemnFormatException;
import io.pemn.fuzz.ChosenInput;
import io.pemn.fuzz.FuzzTarget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any bytes as a signature file, as the statement that is signed in it, as the two numbers of the
 * signature, and as a key; the first byte says as which.
 */
class SignatureFuzzTest {
  private static final String SUBJECT = "The signature";
  private static final Path FOLDER =
      Path.of(System.getProperty("pemn.home"), "testdata", "signatures");
  private static final SignerKey TRUSTED = trusted();

  private static SignerKey trusted() {
    try {
      return SignerKey.read(FOLDER.resolve("signer.pub"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<byte[]> seeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    try (Stream<Path> files = Files.walk(FOLDER)) {
      for (Path file : files.sorted().toList()) {
        String name = file.toString();
        if (name.endsWith(".sig") || name.endsWith(".bundle.json")) {
          byte[] bytes = Files.readAllBytes(file);
          seeds.add(ChosenInput.seed(0, bytes));
          try {
            SignatureBundle bundle = SignatureBundle.parse(SUBJECT, bytes);
            seeds.add(ChosenInput.seed(1, bundle.payload()));
            seeds.add(ChosenInput.seed(2, bundle.signature()));
          } catch (PemnFormatException e) {
            // One that is to be refused.
          }
        } else if (name.endsWith(".pub")) {
          seeds.add(ChosenInput.seed(3, Files.readAllBytes(file)));
        }
      }
    }
    return seeds;
  }

  @MethodSource("seeds")
  @FuzzTarget
  void isReadOrRefused(byte[] input) throws IOException {
    if (input.length == 0) {
      return;
    }
    byte[] content = Arrays.copyOfRange(input, 1, input.length);
    try {
      switch (input[0] & 3) {
        case 0 -> ModelSignature.check(SUBJECT, content, List.of(TRUSTED));
        case 1 -> ModelStatement.parse(SUBJECT, content);
        case 2 -> TRUSTED.signed(new byte[1], content);
        default -> readKey(content);
      }
    } catch (PemnFormatException e) {
      // As it should be.
    }
  }

  private static void readKey(byte[] pem) {
    try {
      SignerKey.parse(new String(pem, StandardCharsets.UTF_8), "key.pub");
    } catch (IOException e) {
      // As it should be.
    }
  }
}
