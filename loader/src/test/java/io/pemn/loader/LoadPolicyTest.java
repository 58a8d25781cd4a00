package io.pemn.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** A policy keeps all that was asked for, in whatever order that was. */
class LoadPolicyTest {
  private static final Path SIGNER =
      Path.of(System.getProperty("pemn.home")).resolve("testdata/signatures/signer.pub");

  @Test
  void aBeginningThatWouldForgetTheKeysCannotBeCalledOnAPolicy() {
    // Of a class, signedBy(key).allowTorchScript() would be a policy that asks for no signature.
    assertTrue(
        Arrays.stream(LoadPolicy.class.getDeclaredMethods())
            .filter(method -> Modifier.isStatic(method.getModifiers()))
            .map(Method::getName)
            .toList()
            .contains("allowTorchScript"));
    assertTrue(LoadPolicy.class.isInterface());
  }

  @Test
  void whatIsAddedForgetsNothing() throws IOException {
    Limits limits = Limits.DEFAULT.withFileBytes(1000);
    LoadPolicy signed = LoadPolicy.signedBy(SIGNER);
    for (LoadPolicy all :
        new LoadPolicy[] {
          signed.andTorchScript().withLimits(limits).withSignature(new byte[0]),
          signed.withSignature(new byte[0]).withLimits(limits).andTorchScript()
        }) {
      assertEquals(signed.signers(), all.signers());
      assertEquals(limits, all.limits());
      assertTrue(all.allowsTorchScript());
      assertTrue(StatedPolicy.of(all).signature().isPresent());
    }
    assertFalse(signed.allowsTorchScript());
    assertFalse(LoadPolicy.standard().allowsTorchScript());
    assertTrue(LoadPolicy.allowTorchScript().signers().isEmpty());
  }
}
