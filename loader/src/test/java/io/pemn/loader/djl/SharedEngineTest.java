package io.pemn.loader.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import io.pemn.format.Prototype;
import io.pemn.loader.PemnArchive;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Applications with a pemn-loader each share DJL, which lies in a parent of their class loaders.
 */
class SharedEngineTest {
  @Test
  void everyApplicationLoadsModelsWithItsOwnLoader() throws Exception {
    Engine.registerEngine(new PemnEngineProvider());
    try (URLClassLoader first = application();
        URLClassLoader second = application()) {
      for (URLClassLoader application : new URLClassLoader[] {first, second, first}) {
        try (Model model = load(application)) {
          assertSame(application, model.getClass().getClassLoader());
          assertPredicts(model);
        }
      }
    }
  }

  @Test
  void aModelOfAnotherApplicationsEngineIsToldApart() throws Exception {
    try (URLClassLoader application = application();
        Model model = Model.newInstance("m", "Pemn")) {
      model.load(GoldenArchive.GREY);
      TranslatorFactory factory =
          (TranslatorFactory)
              application
                  .loadClass(PemnTranslatorFactory.class.getName())
                  .getConstructor()
                  .newInstance();

      assertEquals(
          "The engine Pemn that DJL knows is that of another application, which shares DJL with"
              + " this one; load the archive with PemnModel instead of a Criteria.",
          assertThrows(IllegalArgumentException.class, () -> translator(factory, model))
              .getMessage());
    }
  }

  private static Translator<byte[], Classifications> translator(
      TranslatorFactory factory, Model model) throws Exception {
    return factory.newInstance(byte[].class, Classifications.class, model, Map.of());
  }

  private static Model load(ClassLoader application) throws Exception {
    return assertInstanceOf(
        Model.class,
        application
            .loadClass(PemnModel.class.getName())
            .getMethod("load", Path.class, Device.class)
            .invoke(null, GoldenArchive.GREY, Device.cpu()));
  }

  private static void assertPredicts(Model model) throws Exception {
    try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator());
        NDManager manager = model.getNDManager().newSubManager()) {
      NDList logits = predictor.predict(new NDList(manager.ones(new Shape(2, 1, 4, 5))));
      logits.attach(manager);

      assertEquals(new Shape(2, 3), logits.singletonOrThrow().getShape());
    }
  }

  /** The classes of pemn in a class loader of their own, all others in a common one. */
  private static URLClassLoader application() {
    ClassLoader common =
        new ClassLoader(SharedEngineTest.class.getClassLoader()) {
          @Override
          protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("io.pemn.")) {
              throw new ClassNotFoundException(name);
            }
            return super.loadClass(name, resolve);
          }
        };
    return new URLClassLoader(
        new URL[] {placeOf(PemnArchive.class), placeOf(Prototype.class)}, common);
  }

  private static URL placeOf(Class<?> type) {
    return type.getProtectionDomain().getCodeSource().getLocation();
  }
}
