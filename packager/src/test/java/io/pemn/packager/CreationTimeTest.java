package io.pemn.packager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pemn.format.proto.Provenance;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The time that an archive may carry. */
class CreationTimeTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-21T18:30:00.999Z"), ZoneId.of("Pacific/Auckland"));

  @Test
  void withoutSourceDateEpochItIsNowToTheSecondInUtc() {
    assertEquals("2026-11-21T18:30:00Z", CreationTime.of(Optional.empty(), CLOCK).toString());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1970-01-01T00:00:00Z",
    "1700000000, 2023-11-14T22:13:20Z",
    "253402300799, 9999-12-31T23:59:59Z"
  })
  void sourceDateEpochStandsForTheClock(String epoch, String time) {
    assertEquals(time, CreationTime.of(Optional.of(epoch), CLOCK).toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " 1", "-1", "1.5", "0x10", "today", "253402300800", "99999999999999999999"})
  void anyOtherValueIsRefusedByName(String epoch) {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> CreationTime.of(Optional.of(epoch), CLOCK));
    assertTrue(
        refused.getMessage().startsWith("SOURCE_DATE_EPOCH is \"" + epoch + "\", but must be"),
        refused.getMessage());
  }

  @Test
  void theProvenanceSaysItAndNothingElseOfTheNetworkChanges() {
    MaskedNetwork network = TinyNetworks.all().get("mlp");
    MaskedNetwork stamped = new CreationTime(0).in(network);
    Provenance provenance = stamped.provenance();
    int last = provenance.getOptionsCount() - 1;
    assertEquals(CreationTime.OPTION, provenance.getOptions(last).getName());
    assertEquals("1970-01-01T00:00:00Z", provenance.getOptions(last).getValue());
    assertEquals(network.provenance(), provenance.toBuilder().removeOptions(last).build());
    assertEquals(network.layers(), stamped.layers());
    assertEquals(network.remainder(), stamped.remainder());
  }
}
