package io.pemn.compressor.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.nio.Buffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Who waits for the device. A GPU works on its own once it has its orders, until the host reads
 * what it computed or copies something to it; both end only when all that was ordered before is
 * done. DJL hides copies: a number in {@code array.mul(2)} is one, and {@code clip} is two copies
 * and two reads (JniUtils and torchClamp of 0.35.1).
 */
class WaitingTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(
              "io.pemn.compressor.augment",
              "io.pemn.compressor.masking",
              "io.pemn.compressor.training",
              "io.pemn.loader.network");

  /** What a step or a measurement runs through. */
  private static final Map<String, List<String>> ON_THE_WAY =
      Map.of(
          "training",
          List.of(
              "Learner",
              "Replicas",
              "LossFunction",
              "GradientClip",
              "BatchArrays",
              "PreparedBatches",
              "ResidentBatches",
              "ResidentSamples",
              "SampleStore",
              "Teacher",
              "Evaluation"),
          "masking",
          List.of(
              "AdamWLoop",
              "Bound",
              "BoundSearch",
              "EdgePopupOptimizer",
              "EngineMemory",
              "KthLargest",
              "LayerValues",
              "MaskedLayers",
              "MaskedParameter",
              "PrunedWeights",
              "ResumableAdamW",
              "SelectionLoop"));

  /** Who may wait, and when. */
  private static final Map<String, String> ALLOWED =
      Map.ofEntries(
          Map.entry("augment.Numbers.copyTo", "once a batch, if a pipeline augments it"),
          Map.entry("augment.PixelNormalization.on", "once a training and a measurement"),
          Map.entry(
              "masking.Bound.value",
              "once an epoch, for its masks; on a CPU, which has it, always"),
          Map.entry("masking.EngineMemory.bits", "on a CPU alone, without a copy"),
          Map.entry("masking.EngineMemory.floats", "on a CPU alone, without a copy"),
          Map.entry("masking.EngineMemory.holds", "on a CPU alone, without a copy"),
          Map.entry("masking.KthLargest.of", "once a training that prunes; on a CPU always"),
          Map.entry("masking.MaskedParameter.greatest", "on a CPU alone"),
          Map.entry("masking.MaskedParameter.toMask", "once an epoch, for its checkpoint"),
          Map.entry("masking.PrunedWeights.atRandom", "once a training that prunes"),
          Map.entry("masking.PrunedWeights.byMagnitude", "once a training that prunes"),
          Map.entry("network.BuiltInNetwork.initialize", "once a training"),
          Map.entry("network.BuiltInNetwork.set", "once a training, and to measure"),
          Map.entry(
              "training.BatchArrays.of", "every batch, of samples that do not fit on the device"),
          Map.entry("training.BatchArrays.rows", "likewise, if a teacher is learned from"),
          Map.entry("training.Evaluation.of", "at the end of a measurement"),
          Map.entry("training.GradientClip.<init>", "once a training"),
          Map.entry("training.Learner.isFinite", "before a training is given up"),
          Map.entry(
              "training.Learner.seen",
              "when somebody watches, at most five times a second; once an epoch"),
          Map.entry("training.Learner.step", "on a CPU alone, which it costs nothing"),
          Map.entry("training.Learner.values", "once an epoch, for its checkpoint"),
          Map.entry("training.Replicas.values", "for tests alone"),
          Map.entry(
              "training.ResidentBatches.<init>", "once an epoch: the order, and shifts and flips"),
          Map.entry("training.ResidentSamples.copied", "once a training"),
          Map.entry("training.ResidentSamples.labels", "once a training"));

  private static final Set<String> READS =
      Set.of(
          "toByteBuffer",
          "toArray",
          "toBooleanArray",
          "toDoubleArray",
          "toFloatArray",
          "toShortArray",
          "toUnsignedShortArray",
          "toIntArray",
          "toUnsignedIntArray",
          "toLongArray",
          "toByteArray",
          "toUint8Array",
          "toStringArray",
          "getBoolean",
          "getByte",
          "getDouble",
          "getFloat",
          "getInt",
          "getLong",
          "getUint8",
          "contentEquals",
          "allClose",
          "booleanMask",
          "nonzero",
          "clip");

  @Test
  void onlyThoseWhoAreNamedWaitForTheDevice() {
    Map<String, Set<String>> found = new TreeMap<>();
    for (JavaClass type : CLASSES) {
      String owner = topLevel(type);
      String packageName = type.getPackageName().replaceFirst(".*\\.", "");
      if (ON_THE_WAY.getOrDefault(packageName, List.of(owner)).contains(owner)) {
        for (JavaMethodCall call : type.getMethodCallsFromSelf()) {
          String where = packageName + "." + owner + "." + call.getOrigin().getName();
          if (waits(call) && !ALLOWED.containsKey(where)) {
            found.computeIfAbsent(where, w -> new TreeSet<>()).add(call.getTarget().getName());
          }
        }
      }
    }
    assertEquals(Map.of(), found, "Compute on the device, or say here when the host may wait.");
  }

  @Test
  void theClassesOnTheWayAreThere() {
    ON_THE_WAY.forEach(
        (packageName, names) -> {
          for (String name : names) {
            String whole = "io.pemn.compressor." + packageName + "." + name;
            assertTrue(CLASSES.contain(whole), whole);
          }
        });
  }

  @Test
  void aWaitIsSeen() {
    Set<String> seen = new TreeSet<>();
    for (JavaMethodCall call : CLASSES.get(Evaluation.class).getMethodCallsFromSelf()) {
      if (waits(call)) {
        seen.add(call.getTarget().getName());
      }
    }
    assertEquals(Set.of("getDouble"), seen);
  }

  private static String topLevel(JavaClass type) {
    JavaClass outer = type;
    while (outer.getEnclosingClass().isPresent()) {
      outer = outer.getEnclosingClass().get();
    }
    return outer.getSimpleName();
  }

  private static boolean waits(JavaMethodCall call) {
    JavaClass owner = call.getTargetOwner();
    List<JavaClass> arguments = call.getTarget().getRawParameterTypes();
    String name = call.getTarget().getName();
    if (owner.isAssignableTo(NDManager.class)) {
      return name.equals("create") && !arguments.get(0).isEquivalentTo(Shape.class);
    }
    return owner.isAssignableTo(NDArray.class)
        && (READS.contains(name)
            || arguments.stream()
                .anyMatch(a -> a.isAssignableTo(Number.class) || a.isAssignableTo(Buffer.class)));
  }
}
