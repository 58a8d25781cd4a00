package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class DoctorTest {
  @Test
  void aMachineWithoutAGpuIsSoundAndHearsWhatOneNeeds() {
    CommandRun run = CommandRun.of("doctor");
    assertEquals(0, run.code(), run.err());
    assertEquals("", run.err());
    for (String row : new String[] {"pemn", "java", "engine", "natives", "threads", "cache"}) {
      assertTrue(run.out().matches("(?s)(.*\\R)?" + row + " +\\S.*"), row + ": " + run.out());
    }
    assertTrue(run.out().matches("(?s).*\\Rcpu +works\\R.*"), run.out());
    assertTrue(run.out().contains(Version.text().replace("pemn ", "")), run.out());
    if (Engine.getEngine("PyTorch").getGpuCount() == 0) {
      assertTrue(run.out().contains("No GPU can be used: "), run.out());
    }
  }

  @Test
  void aGpuThatCannotBeUsedEndsWithOneAndASentence() {
    Assumptions.assumeTrue(Engine.getEngine("PyTorch").getGpuCount() == 0);
    CommandRun run = CommandRun.of("doctor", "--device", "gpu");
    assertEquals(Pemn.FAILURE, run.code());
    assertTrue(run.err().startsWith("gpu:0 cannot be used: "), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.out().matches("(?s).*\\Rgpu:0 +does not work\\R.*"), run.out());
  }

  @Test
  void theJsonHasWhatTheTextHas() {
    CommandRun run = CommandRun.of("doctor", "--device", "cpu", "--json").done();
    JsonObject found = JsonParser.parseString(run.out()).getAsJsonObject();
    assertTrue(found.get("sound").getAsBoolean());
    JsonObject engine = found.getAsJsonObject("engine");
    assertEquals(Engine.getDjlVersion(), engine.get("djl").getAsString());
    assertTrue(engine.get("threads").getAsInt() > 0);
    assertFalse(engine.getAsJsonObject("natives").get("folder").getAsString().isEmpty());
    JsonObject device = found.getAsJsonArray("devices").get(0).getAsJsonObject();
    assertEquals("cpu", device.get("device").getAsString());
    assertTrue(device.get("works").getAsBoolean());
    assertTrue(found.getAsJsonObject("java").get("max_heap_bytes").getAsLong() > 0);
    assertTrue(found.getAsJsonObject("processor").get("cores").getAsInt() > 0);
    assertTrue(found.has("cache") && found.has("settings") && found.has("gpus"), run.out());
    assertEquals(0, found.getAsJsonArray("faults").size());
  }

  @Test
  void aDeviceThatDoesNotExistIsRefused() {
    CommandRun run = CommandRun.of("doctor", "--device", "tpu");
    assertEquals(Pemn.FAILURE, run.code());
    assertTrue(run.err().startsWith("There is no device \"tpu\"; use auto"), run.err());
  }
}
