package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Java reports as an error of the machine is a sentence, too. */
class ExhaustedMachineTest {
  @TempDir Path folder;

  @Test
  void aHeapThatIsTooSmallIsOneSentence() throws Exception {
    Path output = folder.resolve("a.pemn");
    Object[] command = {"compress", "--data", "bundled", "-o", output, "--device", "cpu"};
    try (ChildPemn child =
        ChildPemn.start(folder.resolve("logs"), List.of(), List.of("-Xmx12m"), command)) {
      assertEquals(Pemn.FAILURE, child.awaitEnd(), child.err());
      assertEquals(
          "pemn ran out of memory; allow it more with PEMN_JAVA_OPTS=-Xmx8g, or ask for less.",
          child.err().strip());
    }
    assertTrue(Files.notExists(output));
  }

  @Test
  void aStackThatIsTooSmallIsOneSentence() {
    assertEquals(Pemn.FAULT, explained(new StackOverflowError()).code());
    assertEquals(
        "This is a fault of pemn: something is nested too deeply for the stack;"
            + " PEMN_JAVA_OPTS=-Xss64m may help.",
        explained(new StackOverflowError()).err());
  }

  @Test
  void anyOtherErrorIsAFault() {
    CommandRun run = explained(new NoClassDefFoundError("io/pemn/Missing"));
    assertEquals(Pemn.FAULT, run.code());
    assertEquals(
        "This is a fault of pemn: java.lang.NoClassDefFoundError: io/pemn/Missing; run again with"
            + " --verbose.",
        run.err());
  }

  private static CommandRun explained(Error error) {
    StringWriter err = new StringWriter();
    int code = Pemn.explainError(error, new PrintWriter(err, true));
    return new CommandRun(code, "", err.toString().strip());
  }
}
