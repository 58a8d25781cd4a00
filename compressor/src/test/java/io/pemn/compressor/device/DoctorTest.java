package io.pemn.compressor.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import io.pemn.compressor.device.Diagnosis.Tried;
import io.pemn.compressor.device.EngineNatives.Source;
import java.io.IOException;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DoctorTest {
  private static final Machines.Engine ONE_GPU =
      new Machines.Engine(true, 1, List.of(Device.cpu(), Device.gpu(0)));

  @TempDir private Path root;

  private Machines machine() {
    return new Machines(root);
  }

  private static Diagnosis examined(String device, Machines machine, InstalledEngine engine) {
    return Doctor.examine(device, machine.surroundings(), () -> engine);
  }

  private static String onlyFault(Diagnosis found) {
    assertFalse(found.sound());
    assertEquals(1, found.faults().size(), found.faults().toString());
    String fault = found.faults().get(0);
    assertTrue(fault.endsWith("."), fault);
    assertFalse(fault.substring(0, fault.length() - 1).contains(". "), "One sentence: " + fault);
    return fault;
  }

  @Test
  void theEngineOfThisProcessComputesOnTheCpu() {
    Diagnosis found = Doctor.examine("cpu");
    assertEquals(List.of(), found.faults());
    assertEquals(List.of(new Tried("cpu", Optional.empty())), found.devices());
    EngineFacts engine = found.engine().orElseThrow();
    assertTrue(engine.version().matches("\\d+\\.\\d+\\.\\d+"), engine.version());
    assertTrue(engine.djlVersion().matches("\\d+\\.\\d+\\.\\d+"), engine.djlVersion());
    assertTrue(engine.threads() > 0);
    assertTrue(Files.isDirectory(engine.natives().folder()), engine.natives().toString());
    assertTrue(found.processor().cores() > 0);
    assertFalse(found.processor().model().isBlank());
    assertTrue(found.java().maxHeapBytes() > 0);
    assertTrue(found.cache().bytes() > 0);
  }

  @Test
  void nativesFromTheClassPathAreFoundThere() {
    Surroundings here = Surroundings.here();
    if (here.environment("PYTORCH_LIBRARY_PATH").isEmpty()) {
      EngineNatives natives = new PyTorch(here).natives();
      assertEquals(Source.CLASS_PATH, natives.source());
      assertTrue(natives.jar().startsWith("pytorch-native-"), natives.jar());
      assertEquals("cpu", natives.flavour());
    }
  }

  @Test
  void aDeviceThatIsNotThereIsTroubleAndNoCrash() {
    String words = new PyTorch(Surroundings.here()).trouble(Device.gpu(9)).orElseThrow();
    assertFalse(words.isBlank());
    assertFalse(words.contains("\n"), words);
  }

  @Test
  void aCpuIsSoundAndTheNoteSaysWhatAGpuNeeds() {
    Diagnosis found = examined("auto", machine(), Machines.Engine.CPU);
    assertTrue(found.sound());
    assertEquals(List.of(new Tried("cpu", Optional.empty())), found.devices());
    assertEquals(1, found.notes().size());
    String note = found.notes().get(0);
    assertTrue(note.startsWith("No GPU can be used: no NVIDIA driver is here"), note);
    assertTrue(note.contains("525.60 or newer"), note);
  }

  @Test
  void aGpuThatIsAskedForWithoutADriverIsAFault() {
    String fault = onlyFault(examined("gpu", machine(), Machines.Engine.CPU));
    assertTrue(fault.startsWith("gpu:0 cannot be used: no NVIDIA driver is here"), fault);
    assertTrue(fault.contains("/proc/driver/nvidia/version"), fault);
    String windows =
        onlyFault(examined("gpu", machine().platform("Windows 11", "amd64"), Machines.Engine.CPU));
    assertTrue(windows.contains("nvcuda.dll"), windows);
  }

  @Test
  void nativesForTheCpuAloneAreAFaultThatSaysWhereOthersAre() throws IOException {
    Diagnosis found = examined("gpu:1", machine().driver(Machines.OPEN), Machines.Engine.CPU);
    assertEquals("570.124.06", found.driver().orElseThrow().version().orElseThrow());
    String fault = onlyFault(found);
    assertTrue(fault.startsWith("gpu:1 cannot be used: the engine has natives"), fault);
    assertTrue(fault.contains("from the class path"), fault);
    assertTrue(fault.contains("PYTORCH_LIBRARY_PATH"), fault);
    assertTrue(fault.contains("PEMN_CUDA=download"), fault);
  }

  @Test
  void aDriverThatIsTooOldIsAFault() throws IOException {
    Diagnosis found = examined("gpu", machine().driver(Machines.OLD), ONE_GPU_THAT_FAILS);
    assertEquals(
        "gpu:0 cannot be used: the NVIDIA driver is 470.256.02, but CUDA 12 needs 525.60 or newer;"
            + " update it.",
        onlyFault(found));
  }

  private static final Machines.Engine ONE_GPU_THAT_FAILS =
      new Machines.Engine(true, 0, List.of(Device.cpu()));

  @ParameterizedTest
  @ValueSource(strings = {"Linux/aarch64", "Mac OS X/aarch64", "Windows 11/aarch64"})
  void elsewhereThereAreNoCudaNatives(String platform) {
    String[] parts = platform.split("/");
    Machines machine = machine().platform(parts[0], parts[1]);
    String fault = onlyFault(examined("gpu", machine, Machines.Engine.CPU));
    assertTrue(fault.contains("x86-64 Linux and Windows alone"), fault);
    assertTrue(fault.contains(machine.surroundings().platform()), fault);
    assertTrue(examined("auto", machine, Machines.Engine.CPU).sound());
  }

  @Test
  void aGpuThatWorksIsTriedAndShown() throws IOException {
    for (String device : List.of("auto", "gpu", "gpu:0")) {
      Diagnosis found = examined(device, machine().driver(Machines.CLOSED), ONE_GPU);
      assertTrue(found.sound(), found.faults().toString());
      assertTrue(found.devices().contains(new Tried("gpu:0", Optional.empty())));
      assertEquals(
          List.of("9.0"), found.gpus().stream().map(g -> g.computeCapability().get()).toList());
      assertEquals(List.of(), found.notes());
    }
  }

  @Test
  void aNumberThatNoGpuHasIsAFault() throws IOException {
    String fault = onlyFault(examined("gpu:0,3", machine().driver(Machines.CLOSED), ONE_GPU));
    assertEquals("gpu:3 cannot be used: the engine sees one GPU; use a number below 1.", fault);
  }

  @Test
  void whatTheEngineSaysIsPassedOn() throws IOException {
    Machines machine = machine().driver(Machines.CLOSED).variable("CUDA_VISIBLE_DEVICES", "7");
    String fault = onlyFault(examined("gpu", machine, ONE_GPU_THAT_FAILS));
    assertTrue(fault.contains("no kernel image is available"), fault);
    assertTrue(fault.contains("CUDA_VISIBLE_DEVICES, which is 7"), fault);
  }

  @Test
  void aGpuThatDjlDoesNotCountIsFoundByTryingIt() throws IOException {
    Machines.Engine uncounted =
        new Machines.Engine(true, 0, List.of(Device.cpu(), Device.gpu(0), Device.gpu(1)));
    Machines machine = machine().driver(Machines.CLOSED);
    Diagnosis found = examined("gpu:1", machine, uncounted);
    assertTrue(found.sound());
    assertEquals(2, found.gpus().size());
    assertTrue(found.notes().get(0).contains("libcudart.so"), found.notes().toString());
    assertEquals(
        Device.gpu(0), DeviceChoice.of("auto", () -> uncounted, machine.surroundings()).device());
    assertEquals(
        List.of(Device.gpu(0)),
        DeviceChoice.of("gpu:1,0", () -> uncounted, machine.surroundings()).others());
    assertThrows(
        IOException.class, () -> DeviceChoice.of("gpu:2", () -> uncounted, machine.surroundings()));
  }

  @Test
  void theCpuIsTakenWithAWordWhereAGpuStaysUnused() throws IOException {
    Surroundings machine = machine().driver(Machines.CLOSED).surroundings();
    DeviceChoice choice = DeviceChoice.of("auto", () -> Machines.Engine.CPU, machine);
    assertEquals(Device.cpu(), choice.device());
    assertTrue(choice.note().orElseThrow().contains("CPU natives; pemn doctor says how"));
  }

  @Test
  void anEngineThatDoesNotStartIsAFault() {
    Diagnosis found =
        Doctor.examine(
            "auto",
            machine().surroundings(),
            () -> {
              throw new EngineException("Failed", new IOException("No space left on device"));
            });
    assertTrue(onlyFault(found).contains("No space left on device"));
    assertEquals(Optional.empty(), found.engine());
  }

  @Test
  void anEngineThatComputesWronglyIsAFault() {
    Diagnosis found = examined("cpu", machine(), new Machines.Engine(false, 0, List.of()));
    assertTrue(onlyFault(found).startsWith("The engine does not compute rightly on the CPU"));
  }

  @Test
  void threadsThatSpinAreNoted() {
    Diagnosis found =
        examined("cpu", machine().variable("OMP_WAIT_POLICY", "active"), Machines.Engine.CPU);
    assertTrue(found.sound());
    assertTrue(found.notes().stream().anyMatch(note -> note.startsWith("OMP_WAIT_POLICY is not")));
    assertEquals(Map.of("OMP_WAIT_POLICY", "active"), found.settings());
  }

  @Test
  void aDriverIsFoundByWhateverItLeaves() throws IOException {
    assertEquals(Optional.empty(), NvidiaDriver.find(machine().surroundings()));
    for (String file : List.of("dev/dxg", "Windows/System32/nvcuda.dll")) {
      Path other = root.resolve(file.replace('/', '-'));
      NvidiaDriver driver =
          NvidiaDriver.find(new Machines(other).file(file, "").surroundings()).orElseThrow();
      assertEquals(Optional.empty(), driver.version());
      assertEquals(other.resolve(file).toString(), driver.evidence());
      assertFalse(driver.isTooOld());
    }
    Machines closed = machine().driver(Machines.CLOSED);
    NvidiaDriver driver = NvidiaDriver.find(closed.surroundings()).orElseThrow();
    assertEquals(Optional.of("535.104.05"), driver.version());
    assertFalse(driver.isTooOld());
    assertTrue(new NvidiaDriver(Optional.of("525.54"), "").isTooOld());
    assertFalse(new NvidiaDriver(Optional.of("525.60.13"), "").isTooOld());
    assertFalse(new NvidiaDriver(Optional.of("1000.1"), "").isTooOld());
  }

  @Test
  void theProcessorIsTheFirstOneOfTheKernel() throws IOException {
    String cpus = "processor\t: 0\nmodel name\t: A Fast One @ 3 GHz\nmodel name\t: Another\n";
    Surroundings machine = machine().file("proc/cpuinfo", cpus).surroundings();
    assertEquals("A Fast One @ 3 GHz", Processor.of(machine).model());
    Surroundings none = new Machines(root.resolve("none")).surroundings();
    assertEquals("amd64", Processor.of(none).model());
  }

  @Test
  void aFolderThatIsNotThereHoldsNothing() throws IOException {
    assertEquals(0, CacheFolder.of(root.resolve("none")).bytes());
    machine().file("some/where/deep", "12345").file("some/where/else", "67");
    assertEquals(7, CacheFolder.of(root).bytes());
  }

  @Test
  void dataGetsAQuarterOfWhatIsFreeOnAGpuAndNothingOfTheCpu() {
    assertEquals(0, SpareMemory.bytes(Device.cpu()));
    assertEquals(25, SpareMemory.bytes(new MemoryUsage(-1, 60, 60, 160)));
    assertEquals(0, SpareMemory.bytes(new MemoryUsage(-1, 160, 160, 160)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "tpu", "gpu:0,0"})
  void nonsenseIsRefused(String device) {
    assertThrows(
        IllegalArgumentException.class, () -> examined(device, machine(), Machines.Engine.CPU));
  }
}
