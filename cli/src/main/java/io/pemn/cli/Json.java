package io.pemn.cli;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;

/** Reports as JSON objects with snake_case keys. */
final class Json {
  private static final Gson GSON =
      new GsonBuilder()
          .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
          .setPrettyPrinting()
          .disableHtmlEscaping()
          .create();

  private Json() {}

  /** The components of a record as an object. */
  static JsonObject object(Object values) {
    return GSON.toJsonTree(values).getAsJsonObject();
  }

  /** The text of an object. */
  static String text(JsonObject object) {
    return GSON.toJson(object);
  }
}
