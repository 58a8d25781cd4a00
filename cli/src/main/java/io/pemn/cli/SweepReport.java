package io.pemn.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pemn.compressor.sweep.SweepGrid;
import io.pemn.compressor.sweep.SweepPoint;
import io.pemn.compressor.sweep.SweepRow;
import io.pemn.compressor.sweep.SweepRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What sweeps, their plans and their tables say on standard output: lines, or one JSON object. */
final class SweepReport {
  private final PrintWriter out;
  private final boolean json;

  SweepReport(PrintWriter out, boolean json) {
    this.out = out;
    this.json = json;
  }

  /** Reports what a sweep would run. */
  void plan(Path csv, SweepGrid.Plan plan, List<SweepRow> rows) {
    JsonArray runs = new JsonArray();
    for (SweepRun run : plan.runs()) {
      boolean there = rows.stream().anyMatch(row -> row.isOf(run));
      if (json) {
        runs.add(toJson(run, there));
      } else {
        out.printf(
            Locale.ROOT,
            "%s: %,d of %,d weights unique, %.3g of the largest layer%s%n",
            run.label(),
            run.uniqueValues(),
            run.weights(),
            run.uniqueRatio(),
            there ? " (measured)" : "");
      }
    }
    if (json) {
      JsonObject object = new JsonObject();
      object.addProperty("csv", csv.toString());
      object.add("runs", runs);
      out.println(Json.text(object));
    } else {
      out.printf("%d runs%n", plan.runs().size());
    }
    out.flush();
  }

  private static JsonObject toJson(SweepRun run, boolean measured) {
    JsonObject object = new JsonObject();
    object.addProperty("network", run.networkName());
    object.addProperty("strategy", run.strategy().toString());
    run.ratio().ifPresent(ratio -> object.addProperty("ratio", ratio));
    run.kept().ifPresent(fraction -> object.addProperty("kept", fraction));
    object.addProperty("seed", run.seed());
    object.addProperty("epochs", run.options().epochs());
    object.addProperty("weights", run.weights());
    object.addProperty("unique_values", run.uniqueValues());
    object.addProperty("unique_ratio", run.uniqueRatio());
    object.addProperty("measured", measured);
    object.addProperty("id", run.id());
    return object;
  }

  /** Reports a table. */
  void table(Path csv, int rows, List<SweepPoint> points, List<Path> drawn) {
    if (json) {
      JsonObject object = new JsonObject();
      object.addProperty("csv", csv.toString());
      object.addProperty("rows", rows);
      addPoints(object, points);
      addFigures(object, drawn);
      out.println(Json.text(object));
    } else {
      drawn.forEach(out::println);
    }
    out.flush();
  }

  /**
   * Reports a sweep that is over.
   *
   * @param rows of the whole table
   * @param progress what was measured and what failed
   * @param drawn the figures
   * @param seconds that it took
   */
  void sweep(
      Path csv,
      SweepGrid.Plan plan,
      List<SweepRow> rows,
      SweepProgress progress,
      List<Path> drawn,
      double seconds) {
    List<SweepRow> own =
        rows.stream().filter(row -> plan.runs().stream().anyMatch(row::isOf)).toList();
    List<SweepPoint> points = SweepPoint.of(own);
    if (json) {
      JsonObject object = new JsonObject();
      object.addProperty("csv", csv.toString());
      object.addProperty("runs", plan.runs().size());
      object.addProperty("measured", progress.measured());
      object.addProperty("found", own.size() - progress.measured());
      JsonArray failed = new JsonArray();
      progress
          .failures()
          .forEach(
              (run, reason) -> {
                JsonObject failure = new JsonObject();
                failure.addProperty("run", run.label());
                failure.addProperty("reason", reason);
                failed.add(failure);
              });
      object.add("failed", failed);
      addPoints(object, points);
      addFigures(object, drawn);
      object.addProperty("seconds", seconds);
      out.println(Json.text(object));
    } else {
      out.printf(
          Locale.ROOT,
          "%s: %d runs measured, %d rows in all, %.0f s%n",
          csv,
          progress.measured(),
          rows.size(),
          seconds);
      best(points).ifPresent(this::printBest);
      drawn.forEach(out::println);
    }
    out.flush();
  }

  private void printBest(SweepPoint point) {
    out.printf(
        Locale.ROOT,
        "best: %s, %s, test accuracy %.2f %% (%s)%n",
        point.network(),
        point.label(),
        100 * point.mean(),
        point.seeds() == 1
            ? "1 seed"
            : String.format(
                Locale.ROOT, "%d seeds, deviation %.2f", point.seeds(), 100 * point.deviation()));
  }

  private static Optional<SweepPoint> best(List<SweepPoint> points) {
    return points.stream().max(Comparator.comparingDouble(SweepPoint::mean));
  }

  private static void addPoints(JsonObject object, List<SweepPoint> points) {
    JsonArray array = new JsonArray();
    points.forEach(point -> array.add(toJson(point)));
    object.add("points", array);
    best(points).ifPresent(point -> object.add("best", toJson(point)));
  }

  private static void addFigures(JsonObject object, List<Path> drawn) {
    JsonArray figures = new JsonArray();
    drawn.forEach(file -> figures.add(file.toString()));
    object.add("figures", figures);
  }

  private static JsonObject toJson(SweepPoint point) {
    JsonObject object = new JsonObject();
    object.addProperty("network", point.network());
    object.addProperty("data", point.data());
    object.addProperty("epochs", point.epochs());
    object.addProperty("train_images", point.trainImages());
    object.addProperty("strategy", point.strategy().toString());
    point.ratio().ifPresent(ratio -> object.addProperty("ratio", ratio));
    point.kept().ifPresent(fraction -> object.addProperty("kept", fraction));
    object.addProperty("seeds", point.seeds());
    object.addProperty("mean", point.mean());
    object.addProperty("min", point.least());
    object.addProperty("max", point.greatest());
    // One seed says nothing of others.
    object.addProperty("sd", point.seeds() == 1 ? null : point.deviation());
    object.addProperty("unique_values", point.uniqueValues());
    object.addProperty("unique_ratio", point.uniqueRatio());
    object.addProperty("file_bytes", point.fileBytes());
    object.addProperty("paper_bytes", point.paperBytes());
    object.addProperty("fp32_bytes", point.fp32Bytes());
    object.addProperty("compression", point.compression());
    object.addProperty("seconds", point.seconds());
    return object;
  }
}
