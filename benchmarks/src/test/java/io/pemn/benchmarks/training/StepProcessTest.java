package io.pemn.benchmarks.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StepProcessTest {
  /** Says 7 weights, then answers each question with the numbers from 1 to what is asked for. */
  public static final class Counting {
    private Counting() {}

    public static void main(String[] arguments) throws IOException {
      System.out.println("{\"weights\":7}");
      BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("dense")) {
          return;
        }
        System.out.println(
            IntStream.rangeClosed(1, Integer.parseInt(line.split(" ")[1]))
                .mapToObj(i -> i + ".5")
                .collect(Collectors.joining(" ")));
      }
    }
  }

  private static StepProcess counting() throws IOException {
    return new StepProcess(
        "counting",
        new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Counting.class.getName())));
  }

  @Test
  void aProcessIsAskedAgainAndAgain() throws IOException {
    try (StepProcess process = counting()) {
      assertEquals(7, process.about().get("weights").getAsInt());
      assertArrayEquals(new double[] {1.5, 2.5, 3.5}, process.steps(StepKind.MASKED, 3));
      assertArrayEquals(new double[] {1.5}, process.steps(StepKind.MASKED, 1));
    }
  }

  @Test
  void aProcessThatEndsIsNamed() throws IOException {
    try (StepProcess process = counting()) {
      String message =
          assertThrows(IOException.class, () -> process.steps(StepKind.DENSE, 1)).getMessage();
      assertTrue(message.startsWith("The process of counting ended early"), message);
    }
  }
}
