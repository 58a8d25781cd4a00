package io.pemn.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hostile files are refused in a virtual machine of 64 MiB of heap, and take no more than that
 * outside of it either.
 */
class HostileMemoryTest {
  private static final String HEAP = "-Xmx64m";
  private static final long MIB = 1 << 20;
  private static final String PEAK = "peak";

  @TempDir Path folder;

  @Test
  void readingThemAllTakesNoMoreThanTheLimitsAllow() throws Exception {
    Map<String, String> expected = new LinkedHashMap<>();
    long largest = 0;
    for (HostileFile file : HostileFiles.all()) {
      expected.put(path(file).toString(), file.refusal());
      largest = Math.max(largest, file.bytes().length);
    }
    Map<String, String> found = run(StrangersReader.SMALL_LIMITS, List.copyOf(expected.keySet()));
    String peak = found.remove(PEAK);
    assertEquals(lines(expected), lines(found));
    if (peak != null) {
      long allowed =
          64 * MIB
              + largest
              + Float.BYTES * StrangersFile.LIMITS.weights()
              + StrangersFile.LIMITS.remainderBytes()
              + StrangersFile.LIMITS.moduleBytes();
      assertMemory(allowed, peak, StrangersReader.SMALL_LIMITS);
    }
  }

  @Test
  void archivesThatClaimMuchTakeLittleWithinTheUsualLimitsToo() throws Exception {
    Map<String, HostileFile> archives = new LinkedHashMap<>();
    long largest = 0;
    for (HostileFile file : HostileFiles.all()) {
      if (file.path().startsWith("archives/")) {
        archives.put(path(file).toString(), file);
        largest = Math.max(largest, file.bytes().length);
      }
    }
    Map<String, String> found = run(StrangersReader.USUAL_LIMITS, List.copyOf(archives.keySet()));
    String peak = found.remove(PEAK);
    assertEquals(List.copyOf(archives.keySet()), List.copyOf(found.keySet()));
    found.forEach(
        (path, refusal) -> {
          String expected = archives.get(path).refusal();
          // The usual limits allow more, and what they allow may not fit together.
          boolean allowed =
              expected.equals("LimitExceeded")
                  && (refusal.equals("Corrupt") || refusal.equals(HostileFile.READ));
          assertTrue(allowed || refusal.equals(expected), path + " ends in " + refusal);
        });
    if (peak != null) {
      assertMemory(64 * MIB + largest, peak, StrangersReader.USUAL_LIMITS);
    }
  }

  /** Beyond what the virtual machine takes to read an archive that is sound. */
  private void assertMemory(long allowed, String peak, String limits) throws Exception {
    Path sound = Files.createDirectories(folder.resolve("archives")).resolve("sound.pemn");
    Files.write(sound, TestData.golden("version-3/module"));
    long usual = Long.parseLong(run(limits, List.of(sound.toString())).get(PEAK)) * 1024;
    long taken = Long.parseLong(peak) * 1024 - usual;
    System.out.printf(
        "Within %s limits hostile files take %.1f MiB more than a sound archive.%n",
        limits, (double) taken / MIB);
    assertTrue(taken <= allowed, taken + " bytes were taken and " + allowed + " are allowed");
  }

  private static Path path(HostileFile file) {
    return TestData.folder().resolve("hostile").resolve(file.path());
  }

  private static String lines(Map<String, String> map) {
    return map.entrySet().stream().map(Object::toString).collect(Collectors.joining("\n"));
  }

  private Map<String, String> run(String limits, List<String> files) throws Exception {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of(HEAP, "-XX:MaxDirectMemorySize=16m", "-XX:+UseSerialGC", "-cp"));
    arguments.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    arguments.add(StrangersReader.class.getName());
    arguments.add(limits);
    arguments.addAll(files);
    // In a file: some systems' command lines are short.
    Path list = folder.resolve("arguments");
    Files.write(
        list, arguments.stream().map(each -> '"' + each.replace("\\", "\\\\") + '"').toList());
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Path out = folder.resolve("out");
    Process reader =
        new ProcessBuilder(java, "@" + list)
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    int status = reader.waitFor();
    String text = Files.readString(out, StandardCharsets.UTF_8);
    assertEquals(0, status, text);
    Map<String, String> found = new LinkedHashMap<>();
    for (String line : text.lines().toList()) {
      int tab = line.indexOf('\t');
      assertTrue(tab > 0, text);
      found.put(line.substring(0, tab), line.substring(tab + 1));
    }
    return found;
  }
}
