package io.pemn.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.pemn.compressor.loading.FullWeights;
import io.pemn.compressor.network.ModuleSource;
import io.pemn.compressor.network.TorchScriptTarget;
import io.pemn.compressor.training.MetricsLog;
import io.pemn.loader.torchscript.SparseFile;
import io.pemn.packager.AtomicFile;
import io.pemn.packager.FolderLock;
import io.pemn.packager.tensors.NpyFolder;
import java.io.FileOutputStream;
import java.io.FileWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Keeps the house in order: who may know whom, and who may do what. */
class ArchitectureTest {
  private static final JavaClasses PEMN =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.pemn");

  @Test
  void everyModuleIsSeen() {
    for (String root : List.of("format", "loader", "packager", "compressor", "cli")) {
      assertTrue(PEMN.containPackage("io.pemn." + root), root);
    }
  }

  @Test
  void modulesKnowOnlyThoseOnTheirLeft() {
    layeredArchitecture()
        .consideringAllDependencies()
        .layer("format")
        .definedBy("io.pemn.format..")
        .layer("loader")
        .definedBy("io.pemn.loader..")
        .layer("packager")
        .definedBy("io.pemn.packager..")
        .layer("compressor")
        .definedBy("io.pemn.compressor..")
        .layer("cli")
        .definedBy("io.pemn.cli..")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("compressor")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("packager")
        .mayOnlyBeAccessedByLayers("compressor", "cli")
        .whereLayer("loader")
        .mayOnlyBeAccessedByLayers("packager", "compressor", "cli")
        .check(PEMN);
  }

  @Test
  void packagesFormNoCycles() {
    slices().matching("io.pemn.(**)").should().beFreeOfCycles().check(PEMN);
  }

  @Test
  void onlyThoseWhoRunNetworksKnowTheEngine() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "io.pemn.loader.network", "io.pemn.loader.djl", "io.pemn.compressor..", "io.pemn.cli")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.djl..")
        .check(PEMN);
    noClasses()
        .that()
        .resideInAPackage("io.pemn.compressor.data")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.djl..")
        .check(PEMN);
  }

  @Test
  void onlyTheCommandsKnowTheirLibraries() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.pemn.cli")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "picocli..", "me.tongfei..", "org.slf4j.simple..", "org.knowm..", "org.apache.batik..")
        .check(PEMN);
  }

  @Test
  void onlyTheAtomicFileTouchesAFinalName() {
    noClasses()
        .that(areNotIn(AtomicFile.class))
        .should()
        .callMethodWhere(
            target(nameMatching("move|copy|createLink|createSymbolicLink"))
                .and(target(owner(DescribedPredicate.describe("Files", is(Files.class))))))
        .check(PEMN);
    noClasses()
        // NpyFolder fills a temporary folder that it is given, Pemn opens standard output, and the
        // engine reads modules from temporary files; MetricsLog appends to a file that is watched,
        // Temporary is what AtomicFile writes to, and a lock is no result; FullWeights decompresses
        // into a temporary folder.
        .that(
            areNotIn(
                AtomicFile.class,
                NpyFolder.class,
                Pemn.class,
                SparseFile.class,
                ModuleSource.class,
                TorchScriptTarget.class,
                MetricsLog.class,
                FolderLock.class,
                FullWeights.class))
        .and(not(name("io.pemn.packager.Temporary")))
        .should()
        .callMethodWhere(
            target(
                    nameMatching(
                        "newOutputStream|newBufferedWriter|write|writeString|newByteChannel"))
                .and(target(owner(DescribedPredicate.describe("Files", is(Files.class))))))
        .orShould()
        .callMethodWhere(
            target(nameMatching("open"))
                .and(target(owner(DescribedPredicate.describe("channels", is(FileChannel.class)))))
                .and(writes()))
        .orShould()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "write files on their own",
                type ->
                    type.isEquivalentTo(FileOutputStream.class)
                        || type.isEquivalentTo(FileWriter.class)))
        .check(PEMN);
  }

  @Test
  void nobodyButTheCommandsSpeaksToStandardOutput() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.pemn.cli")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(PEMN);
    noClasses().should().accessField(System.class, "out").check(PEMN);
    noClasses()
        .that()
        .doNotHaveSimpleName("Pemn")
        .should()
        .callMethod(System.class, "exit", int.class)
        .check(PEMN);
    assertFalse(PEMN.contain(PrintWriter.class), "only pemn's own classes are looked at");
  }

  @Test
  void theLoaderBringsNeitherCommandsNorATrainerNorALoggerNorAnEngine() throws IOException {
    String pom =
        Files.readString(Path.of(System.getProperty("pemn.home")).resolve("loader/pom.xml"));
    Matcher dependency = Pattern.compile("(?s)<dependency>(.*?)</dependency>").matcher(pom);
    Set<String> inherited = new HashSet<>();
    while (dependency.find()) {
      String text = dependency.group(1);
      boolean kept =
          !text.contains("<scope>test</scope>") && !text.contains("<optional>true</optional>");
      if (kept) {
        inherited.add(text.replaceAll("(?s).*<artifactId>(.*?)</artifactId>.*", "$1"));
      }
    }
    assertEquals(Set.of("pemn-proto", "gson"), inherited);
  }

  @Test
  void applicationsMeetOnlyTypesThatTheyMayUse() {
    Set<String> api = PublicApi.packages();
    classes()
        .that(
            DescribedPredicate.describe(
                "are API and written by hand",
                type ->
                    api.contains(type.getPackageName())
                        && !type.getPackageName().equals(PublicApi.GENERATED)
                        && isPublic(type)))
        .should(mentionOnlyTypesOf(api))
        .check(PEMN);
  }

  /** Applies to whatever a caller or a subclass must know. */
  private static ArchCondition<JavaClass> mentionOnlyTypesOf(Set<String> api) {
    return new ArchCondition<>("mention only API, the JDK and, in io.pemn.loader.djl, DJL") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        Map<String, Set<JavaClass>> mentioned = new TreeMap<>();
        Set<JavaClass> parents = new HashSet<>();
        type.getSuperclass().ifPresent(parent -> parents.addAll(parent.getAllInvolvedRawTypes()));
        type.getInterfaces().forEach(parent -> parents.addAll(parent.getAllInvolvedRawTypes()));
        mentioned.put(type.getName(), parents);
        for (JavaMember member : type.getMembers()) {
          if (member.getModifiers().contains(JavaModifier.PUBLIC)
              || member.getModifiers().contains(JavaModifier.PROTECTED)) {
            Set<JavaClass> types = new HashSet<>(member.getAllInvolvedRawTypes());
            if (member instanceof JavaCodeUnit code) {
              types.addAll(code.getExceptionTypes());
            }
            mentioned.put(member.getFullName(), types);
          }
        }
        mentioned.forEach(
            (where, types) ->
                types.stream()
                    .map(JavaClass::getBaseComponentType)
                    .filter(found -> !isAllowed(found, type))
                    .forEach(
                        found ->
                            events.add(
                                SimpleConditionEvent.violated(
                                    type, where + " mentions " + found.getName()))));
      }

      private boolean isAllowed(JavaClass found, JavaClass where) {
        String name = found.getPackageName();
        return found.isPrimitive()
            || name.startsWith("java.")
            || (name + ".").startsWith("ai.djl.")
                && where.getPackageName().equals("io.pemn.loader.djl")
            || api.contains(name) && isPublic(found);
      }
    };
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(ArchitectureTest::isPublic).orElse(true);
  }

  private static DescribedPredicate<JavaClass> areNotIn(Class<?>... types) {
    return DescribedPredicate.describe(
        "are not in " + List.of(types),
        found -> {
          for (Class<?> type : types) {
            if (found.getName().equals(type.getName())
                || found.getName().startsWith(type.getName() + "$")) {
              return false;
            }
          }
          return true;
        });
  }

  private static java.util.function.Predicate<JavaClass> is(Class<?> type) {
    return found -> found.isEquivalentTo(type);
  }

  /** FileChannel.open alone does not say how; all channels for reading are opened elsewhere. */
  private static DescribedPredicate<JavaCall<?>> writes() {
    return DescribedPredicate.describe(
        "from a class that knows how to open for writing",
        call ->
            call.getOriginOwner().getFieldAccessesFromSelf().stream()
                .anyMatch(access -> access.getTarget().getName().equals("WRITE")));
  }
}
