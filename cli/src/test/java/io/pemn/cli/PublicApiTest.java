package io.pemn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.doctree.SinceTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** What is said of the API, in comments, on pages and to the build, is what the modules export. */
class PublicApiTest {
  private static final Path HOME = Path.of(System.getProperty("pemn.home"));

  @Test
  void everyPublicTypeSaysSinceWhichVersionItIsThere() throws IOException {
    Map<String, String> since = new TreeMap<>();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null, files, null, null, null, files.getJavaFileObjectsFromPaths(sources()));
      DocTrees comments = DocTrees.instance(task);
      for (CompilationUnitTree file : task.parse()) {
        for (Tree type : file.getTypeDecls()) {
          if (type instanceof ClassTree declared && isPublic(declared)) {
            collect(new TreePath(new TreePath(file), declared), comments, since);
          }
        }
      }
    }
    assertTrue(since.containsKey("PemnArchive"), "The sources are found: " + since);
    assertTrue(since.containsKey("PemnFormatException.TooNew"), "Nested ones too: " + since);
    since.values().removeIf(version -> version.matches("[0-9]+\\.[0-9]+"));
    assertEquals(Map.of(), since, "Write @since and the next version, such as 0.1.");
  }

  @Test
  void thePageNamesTheApiAndWhatIsInternal() throws IOException {
    String page = text("docs/api.md");
    assertEquals(
        PublicApi.packages(), found("(?m)^\\| `(io\\.pemn\\.[a-z.]+)` \\|", page), "The table");
    String internal = page.substring(page.indexOf("is internal"), page.indexOf("the whole tool"));
    assertEquals(PublicApi.internalPackages(), found("`(io\\.pemn\\.[a-z.]+)`", internal));
  }

  @Test
  void releasesAreComparedInAllThatIsApi() throws IOException {
    assertEquals(
        PublicApi.internalPackages(),
        found("<exclude>(io\\.pemn\\.[a-z.]+)</exclude>", text("pom.xml")));
  }

  @Test
  void theDependenciesOnThePagesAreTheBuilds() throws IOException {
    String pom = text("pom.xml");
    String djl = property("djl.version", pom);
    String pytorch = property("pytorch.version", pom);
    Map<String, String> expected =
        Map.of(
            "pemn-loader",
            first("<artifactId>pemn-parent</artifactId>\\s*<version>(.*?)<", pom),
            "pytorch-engine",
            djl,
            "pytorch-jni",
            pytorch + "-" + djl,
            "pytorch-native-cpu",
            pytorch);
    for (String page : List.of("README.md", "docs/embedding.md")) {
      Map<String, String> found = new TreeMap<>();
      Matcher dependency =
          Pattern.compile("(?s)<dependency>(.*?)</dependency>").matcher(text(page));
      while (dependency.find()) {
        found.put(
            first("<artifactId>(.*?)<", dependency.group(1)),
            first("<version>(.*?)<", dependency.group(1)));
      }
      assertEquals(expected, found, page);
    }
  }

  private static String property(String name, String pom) {
    return first("<" + Pattern.quote(name) + ">(.*?)<", pom);
  }

  private static String first(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertTrue(matcher.find(), pattern);
    return matcher.group(1);
  }

  private static Set<String> found(String pattern, String text) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map(result -> result.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String text(String file) throws IOException {
    return Files.readString(HOME.resolve(file));
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files =
        Stream.concat(
            Files.walk(HOME.resolve("proto/src/main/java")),
            Files.walk(HOME.resolve("loader/src/main/java")))) {
      return files.filter(PublicApiTest::isApi).toList();
    }
  }

  private static boolean isApi(Path file) {
    String path = file.toString().replace('\\', '/');
    String folder = path.substring(0, path.lastIndexOf('/')).replace('/', '.');
    return path.endsWith(".java")
        && !path.endsWith("-info.java")
        && PublicApi.packages().stream().anyMatch(name -> folder.endsWith(".java." + name));
  }

  private static void collect(TreePath path, DocTrees comments, Map<String, String> since) {
    ClassTree type = (ClassTree) path.getLeaf();
    since.put(name(path), since(comments.getDocCommentTree(path)));
    for (Tree member : type.getMembers()) {
      if (member instanceof ClassTree nested
          && (isPublic(nested) || type.getKind() == Tree.Kind.INTERFACE)) {
        collect(new TreePath(path, nested), comments, since);
      }
    }
  }

  private static String name(TreePath path) {
    String name = ((ClassTree) path.getLeaf()).getSimpleName().toString();
    return path.getParentPath().getLeaf() instanceof ClassTree
        ? name(path.getParentPath()) + "." + name
        : name;
  }

  private static String since(DocCommentTree comment) {
    return comment == null
        ? "no comment"
        : comment.getBlockTags().stream()
            .filter(SinceTree.class::isInstance)
            .map(tag -> ((SinceTree) tag).getBody().toString())
            .findFirst()
            .orElse("no @since");
  }

  private static boolean isPublic(ClassTree type) {
    return type.getModifiers().getFlags().contains(Modifier.PUBLIC);
  }
}
