package io.pemn.packager.torchscript;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TracedModeTest {
  private static final String PATH = "code/__torch__/net.py";

  @Test
  void aNetworkTracedInEvalModeHasItInTwoCalls() throws IOException {
    try (TorchScriptFile file = TorchScriptFile.open(Fixtures.tiny("traced-eval-mode.pt"))) {
      TracedMode mode = file.tracedMode();
      assertEquals(2, mode.evalCalls());
      assertEquals(0, mode.trainCalls());
      assertEquals(0, mode.fixedCalls());
      String code = String.join("\n", mode.rewritten().values());
      assertTrue(code.contains("return torch.dropout(input, 0.25, self.training)"));
      assertTrue(code.contains("running_mean, running_var, self.training, 0.1000"));
      assertFalse(TracedMode.of(mode.rewritten()).isPresent());
    }
  }

  @Test
  void aNetworkTracedInTrainModeHasItInTwoCalls() throws IOException {
    try (TorchScriptFile file = TorchScriptFile.open(Fixtures.tiny("traced-train-mode.pt"))) {
      TracedMode mode = file.tracedMode();
      assertEquals(0, mode.evalCalls());
      assertEquals(2, mode.trainCalls());
      assertEquals(0, mode.fixedCalls());
    }
  }

  @Test
  void scriptedCodeStaysAsItIs() throws IOException {
    for (var path : Fixtures.tiny()) {
      if (path.toString().contains("scripted")) {
        try (TorchScriptFile file = TorchScriptFile.open(path)) {
          assertFalse(file.tracedMode().isPresent(), path.toString());
          assertEquals(file.code(), file.tracedMode().rewritten());
        }
      }
    }
  }

  @Test
  void aFrozenNetworkHasNoModeToAsk() throws IOException {
    try (TorchScriptFile file = TorchScriptFile.open(Fixtures.tiny("frozen.pt"))) {
      TracedMode mode = file.tracedMode();
      assertEquals(1, mode.evalCalls());
      assertEquals(1, mode.fixedCalls());
      assertEquals(file.code(), mode.rewritten());
    }
  }

  @Test
  void nestedCallsAndTextsAreToldApart() {
    assertRewritten(
        "    a = torch.dropout(torch.dropout_(x, 0.5, True), 0.1, False)\n",
        "    a = torch.dropout(torch.dropout_(x, 0.5, self.training), 0.1, self.training)\n",
        1,
        1);
    assertRewritten(
        "    a = torch.dropout(f([1, 2], \")),\"), 0.5, True)\n",
        "    a = torch.dropout(f([1, 2], \")),\"), 0.5, self.training)\n",
        0,
        1);
    assertSame("    a = \"torch.dropout(x, 0.5, True)\"\n");
    assertSame("    a = \"\\\"torch.dropout(x, 0.5, True)\"\n");
    assertSame("    a = mytorch.dropout(x, 0.5, True)\n");
    assertSame("    a = torch.dropout(x, 0.5, training)\n");
    assertSame("    a = torch.dropout(x, 0.5, True\n");
    assertSame("    a = torch.dropout(x)\n");
  }

  @Test
  void normalisationWithoutRunningStatisticsHasOneMode() {
    assertSame("    a = torch.batch_norm(x, w, b, None, None, True, 0.1, 1e-05, True)\n");
    assertSame("    a = torch.instance_norm(x, None, None, None, None, True, 0.1, 1e-05, True)\n");
    assertRewritten(
        "    a = torch.instance_norm(x, None, None, m, v, False, 0.1, 1e-05, True)\n",
        "    a = torch.instance_norm(x, None, None, m, v, self.training, 0.1, 1e-05, True)\n",
        1,
        0);
  }

  @Test
  void recurrentLayersOfPackedSequencesTakeTheirModeOneArgumentLater() {
    assertRewritten(
        "    a = torch.lstm(x, [h, c], [w, r], True, 2, 0.5, False, True, True)\n",
        "    a = torch.lstm(x, [h, c], [w, r], True, 2, 0.5, self.training, True, True)\n",
        1,
        0);
    assertRewritten(
        "    a = torch.lstm(x, sizes, [h, c], [w, r], True, 2, 0.5, False, True)\n",
        "    a = torch.lstm(x, sizes, [h, c], [w, r], True, 2, 0.5, self.training, True)\n",
        1,
        0);
  }

  @Test
  void functionsAndClassesWithoutModeAreCounted() {
    String line = "    a = torch.dropout(x, 0.5, True)\n";
    String other = "class Other(Module):\n  def forward(self: __torch__.net.Other) -> Tensor:\n";
    String function = "def f(x: Tensor) -> Tensor:\n";
    String text = network(line) + other + line + function + line;
    TracedMode mode = TracedMode.of(Map.of(PATH, text));
    assertEquals(3, mode.trainCalls());
    assertEquals(2, mode.fixedCalls());
    assertEquals(
        network("    a = torch.dropout(x, 0.5, self.training)\n") + other + line + function + line,
        mode.rewritten().get(PATH));
  }

  private static void assertSame(String line) {
    assertRewritten(line, line, 0, 0);
  }

  private static void assertRewritten(String line, String expected, int eval, int train) {
    TracedMode mode = TracedMode.of(Map.of(PATH, network(line)));
    assertEquals(network(expected), mode.rewritten().get(PATH));
    assertEquals(eval, mode.evalCalls());
    assertEquals(train, mode.trainCalls());
    assertEquals(0, mode.fixedCalls());
  }

  private static String network(String line) {
    return "class Network(Module):\n"
        + "  __parameters__ = []\n"
        + "  __buffers__ = []\n"
        + "  training : bool\n"
        + "  def forward(self: __torch__.net.Network,\n"
        + "    x: Tensor) -> Tensor:\n"
        + line
        + "    return a\n";
  }
}
