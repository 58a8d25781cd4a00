package io.pemn.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LimitsTest {
  static List<RecordComponent> limits() {
    return List.of(Limits.class.getRecordComponents());
  }

  private static Object number(RecordComponent limit, long number) {
    if (limit.getType() == long.class) {
      return number;
    }
    return (int) number;
  }

  private static Method wither(RecordComponent limit) throws NoSuchMethodException {
    String name = limit.getName();
    return Limits.class.getMethod(
        "with" + name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1),
        limit.getType());
  }

  @ParameterizedTest
  @MethodSource("limits")
  void eachCanBeSetAlone(RecordComponent limit) throws ReflectiveOperationException {
    Limits other = (Limits) wither(limit).invoke(Limits.DEFAULT, number(limit, 7));
    assertNotEquals(Limits.DEFAULT, other);
    for (RecordComponent each : limits()) {
      Object expected =
          each.getName().equals(limit.getName())
              ? number(each, 7)
              : each.getAccessor().invoke(Limits.DEFAULT);
      assertEquals(expected, each.getAccessor().invoke(other), each.getName());
    }
  }

  @ParameterizedTest
  @MethodSource("limits")
  void thePageNamesEach(RecordComponent limit) throws IOException, ReflectiveOperationException {
    long usual = ((Number) limit.getAccessor().invoke(Limits.DEFAULT)).longValue();
    String shown =
        usual % (1 << 30) == 0
            ? (usual >> 30) + " GiB"
            : limit.getName().endsWith("Bytes")
                ? (usual >> 20) + " MiB"
                : String.format(Locale.ROOT, "%,d", usual);
    Path page = Path.of(System.getProperty("pemn.home")).resolve("docs/embedding.md");
    assertTrue(
        Files.readString(page)
            .matches("(?s).*\\| `" + limit.getName() + "` \\| [^|]* \\| " + shown + " \\|.*"),
        limit.getName() + " is " + shown);
  }

  @ParameterizedTest
  @MethodSource("limits")
  void noneIsNegative(RecordComponent limit) throws ReflectiveOperationException {
    Method wither = wither(limit);
    Object negative = number(limit, -1);
    Throwable e =
        assertThrows(InvocationTargetException.class, () -> wither.invoke(Limits.DEFAULT, negative))
            .getCause();
    assertInstanceOf(IllegalArgumentException.class, e);
    assertTrue(e.getMessage().contains(limit.getName()), e.getMessage());
  }
}
