package io.pemn.packager.torchscript;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a module's code says of one class.
 *
 * @param parameters attributes that are trained, such as {@code weight}
 * @param buffers attributes that belong to the module's state but are not trained
 * @param training whether it has an attribute {@code training : bool}, which says what mode it is
 *     in
 */
public record ModuleClass(Set<String> parameters, Set<String> buffers, boolean training) {
  static final String FOLDER = "code/";
  static final String EXTENSION = ".py";

  private static final Pattern CLASS = Pattern.compile("class ([^\\s(:]+)\\s*[(:].*");
  private static final Pattern TRAINING = Pattern.compile("  training\\s*:\\s*bool\\s*");

  /** Copies the sets. */
  public ModuleClass {
    parameters = Set.copyOf(parameters);
    buffers = Set.copyOf(buffers);
  }

  /**
   * The classes of a module by their qualified names, such as {@code
   * __torch__.torch.nn.modules.linear.Linear}.
   *
   * @param code texts by their path in the module, such as {@code
   *     code/__torch__/torch/nn/modules/linear.py}
   */
  static Map<String, ModuleClass> of(Map<String, String> code) {
    Map<String, ModuleClass> classes = new LinkedHashMap<>();
    code.forEach((path, text) -> add(classes, qualifier(path), text));
    return classes;
  }

  /** What stands before the names of a text's classes. */
  static String qualifier(String path) {
    return path.substring(FOLDER.length(), path.length() - EXTENSION.length()).replace('/', '.')
        + ".";
  }

  /** The class that a line begins, or nothing. */
  static String begunBy(String line) {
    if (!line.startsWith("class ")) {
      return null;
    }
    Matcher matcher = CLASS.matcher(line);
    return matcher.matches() ? matcher.group(1) : null;
  }

  private static void add(Map<String, ModuleClass> classes, String qualifier, String text) {
    String name = null;
    ModuleClass found = new ModuleClass(Set.of(), Set.of(), false);
    for (String line : (Iterable<String>) text.lines()::iterator) {
      String begun = begunBy(line);
      if (begun != null) {
        name = qualifier + begun;
        found = new ModuleClass(Set.of(), Set.of(), false);
      } else if (name == null) {
        continue;
      } else if (line.startsWith("  __parameters__ = [")) {
        found = new ModuleClass(quoted(line), found.buffers, found.training);
      } else if (line.startsWith("  __buffers__ = [")) {
        found = new ModuleClass(found.parameters, quoted(line), found.training);
      } else if (TRAINING.matcher(line).matches()) {
        found = new ModuleClass(found.parameters, found.buffers, true);
      }
      classes.put(name, found);
    }
  }

  /** The texts in a line. */
  private static Set<String> quoted(String line) {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < line.length(); i++) {
      if (line.charAt(i) == '"') {
        int end = endOfText(line, i);
        names.add(line.substring(i + 1, end).replace("\\", ""));
        i = end;
      }
    }
    return names;
  }

  /** Where the text that begins with that quote ends: the other quote, or the end of the line. */
  static int endOfText(String line, int quote) {
    for (int i = quote + 1; i < line.length(); i++) {
      if (line.charAt(i) == '\\') {
        i++;
      } else if (line.charAt(i) == line.charAt(quote)) {
        return i;
      }
    }
    return line.length();
  }
}
