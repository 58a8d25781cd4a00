package io.pemn.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A method that Jazzer calls with bytes of its own making, and that may end in nothing but the
 * exceptions that the reader declares. Without JAZZER_FUZZ it is called with the seeds and with
 * what was found before. There is one a class: the profile {@code fuzz} gives each class a virtual
 * machine.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(JazzerPlatform.class)
@FuzzTest(maxDuration = "60s")
public @interface FuzzTarget {}
