package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.pemn.format.proto.Archive;
import io.pemn.format.proto.CodedPrototype;
import io.pemn.format.proto.Layer;
import io.pemn.format.proto.MaskEncoding;
import io.pemn.format.proto.MaskKind;
import io.pemn.format.proto.Remainder;
import io.pemn.format.proto.RemainderTensor;
import io.pemn.format.proto.TensorType;
import io.pemn.format.proto.TorchScriptModule;
import io.pemn.format.storage.ArchiveFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Whatever an archive can hold, a golden archive holds: who adds a field, an enum's value or an
 * architecture to archive.proto adds an archive that has it.
 */
class GoldenFeaturesTest {
  /** What says that nothing was chosen, and is never written. */
  private static final Set<String> NEVER_WRITTEN =
      Set.of("MaskSection.encoding = MASK_ENCODING_UNSPECIFIED");

  private static final List<Archive> ARCHIVES = new ArrayList<>();
  private static final List<Message> MESSAGES = new ArrayList<>();

  @BeforeAll
  static void parse() throws IOException {
    for (Path file : files()) {
      Archive archive = Archive.parseFrom(Files.readAllBytes(file));
      ARCHIVES.add(archive);
      MESSAGES.addAll(sections(archive));
    }
  }

  private static List<Path> files() throws IOException {
    List<Path> all = new ArrayList<>();
    for (int version = 1; version <= ArchiveFormat.VERSION; version++) {
      try (Stream<Path> files = Files.list(GoldenArchives.folder(version))) {
        files.filter(file -> file.toString().endsWith(".pemn")).sorted().forEach(all::add);
      }
    }
    return all;
  }

  /** The archive, and the messages that its frames hold. */
  private static List<Message> sections(Archive archive) throws IOException {
    List<Message> messages = new ArrayList<>(List.of(archive));
    if (!archive.getRemainder().isEmpty()) {
      messages.add(Remainder.parseFrom(content(archive.getRemainder())));
    }
    if (!archive.getModule().isEmpty()) {
      messages.add(TorchScriptModule.parseFrom(content(archive.getModule())));
    }
    if (!archive.getCodedPrototype().isEmpty()) {
      messages.add(CodedPrototype.parseFrom(content(archive.getCodedPrototype())));
    }
    return messages;
  }

  private static byte[] content(ByteString frame) {
    byte[] bytes = frame.toByteArray();
    return Zstd.decompress(bytes, (int) Zstd.getFrameContentSize(bytes));
  }

  @Test
  void everyFieldIsInOne() {
    Set<String> missing = new TreeSet<>();
    for (Descriptor message : Archive.getDescriptor().getFile().getMessageTypes()) {
      message.getFields().forEach(field -> missing.add(name(field)));
    }
    each(
        MESSAGES, message -> message.getAllFields().keySet().forEach(f -> missing.remove(name(f))));
    assertEquals(Set.of(), missing);
  }

  @Test
  void everyValueOfEveryEnumIsInOneWhereverItCanStand() {
    Set<String> missing = new TreeSet<>();
    for (Descriptor message : Archive.getDescriptor().getFile().getMessageTypes()) {
      for (FieldDescriptor field : message.getFields()) {
        if (field.getJavaType() == FieldDescriptor.JavaType.ENUM) {
          field.getEnumType().getValues().forEach(value -> missing.add(name(field, value)));
        }
      }
    }
    // A value of 0 leaves no trace but that of the message around it.
    each(
        MESSAGES,
        message ->
            message.getDescriptorForType().getFields().stream()
                .filter(field -> field.getJavaType() == FieldDescriptor.JavaType.ENUM)
                .forEach(
                    field ->
                        missing.remove(
                            name(field, (EnumValueDescriptor) message.getField(field)))));
    assertEquals(NEVER_WRITTEN, missing);
  }

  @Test
  void everyTruthIsThereAndNot() {
    Set<String> missing = new TreeSet<>();
    for (Descriptor message : Archive.getDescriptor().getFile().getMessageTypes()) {
      for (FieldDescriptor field : message.getFields()) {
        if (field.getJavaType() == FieldDescriptor.JavaType.BOOLEAN) {
          missing.addAll(List.of(name(field) + " = true", name(field) + " = false"));
        }
      }
    }
    each(
        MESSAGES,
        message ->
            message.getDescriptorForType().getFields().stream()
                .filter(field -> field.getJavaType() == FieldDescriptor.JavaType.BOOLEAN)
                .forEach(field -> missing.remove(name(field) + " = " + message.getField(field))));
    assertEquals(Set.of(), missing);
  }

  @Test
  void everyKindOfMaskIsInOneInEveryEncoding() {
    Set<String> missing = new TreeSet<>();
    for (MaskEncoding encoding : MaskEncoding.values()) {
      for (MaskKind kind : MaskKind.values()) {
        if (encoding.name().matches("[A-Z]+(_ZSTD)?") && kind != MaskKind.UNRECOGNIZED) {
          missing.add(kind + " in " + encoding);
        }
      }
    }
    missing.removeIf(name -> name.endsWith(MaskEncoding.UNRECOGNIZED.name()));
    for (Archive archive : ARCHIVES) {
      for (Layer layer : archive.getMetadata().getLayersList()) {
        missing.remove(layer.getKind() + " in " + archive.getMetadata().getMasks().getEncoding());
      }
    }
    assertEquals(Set.of(), missing);
  }

  @Test
  void everyTypeOfNumberIsInOneStoredInFullAndAsAConstant() {
    Set<String> missing = new TreeSet<>();
    for (TensorType type : TensorType.values()) {
      if (type != TensorType.UNRECOGNIZED) {
        missing.addAll(List.of(type + " in full", type + " as a constant"));
      }
    }
    missing.addAll(List.of("INT8 in full times a scale", "INT8 as a constant times a scale"));
    each(
        MESSAGES,
        message -> {
          if (message instanceof RemainderTensor tensor) {
            missing.remove(
                tensor.getType()
                    + (tensor.getConstant() ? " as a constant" : " in full")
                    + (tensor.getScale() != 0 ? " times a scale" : ""));
          }
        });
    assertEquals(Set.of(), missing);
  }

  @Test
  void theListNamesThemAllAndNothingElse() throws IOException {
    Path folder = GoldenArchives.folder(1).getParent();
    Set<String> named = new TreeSet<>();
    Matcher name =
        Pattern.compile("`(version-\\d+/[a-z0-9-]+\\.pemn)`")
            .matcher(Files.readString(folder.resolve("README.md")));
    while (name.find()) {
      named.add(name.group(1));
    }
    Set<String> there = new TreeSet<>();
    for (Path file : files()) {
      there.add(folder.relativize(file).toString().replace('\\', '/'));
    }
    Set<String> unnamed = new HashSet<>(there);
    unnamed.removeAll(named);
    assertTrue(unnamed.isEmpty(), () -> "The list lacks " + unnamed);
    assertEquals(there, named);
  }

  private interface Visitor {
    void visit(Message message);
  }

  private static void each(Collection<Message> messages, Visitor visitor) {
    for (Message message : messages) {
      visitor.visit(message);
      for (Object value : message.getAllFields().values()) {
        Collection<?> values = value instanceof Collection<?> several ? several : List.of(value);
        each(
            values.stream().filter(Message.class::isInstance).map(Message.class::cast).toList(),
            visitor);
      }
    }
  }

  private static String name(FieldDescriptor field) {
    return field.getContainingType().getName() + "." + field.getName();
  }

  private static String name(FieldDescriptor field, EnumValueDescriptor value) {
    return name(field) + " = " + value.getName();
  }
}
