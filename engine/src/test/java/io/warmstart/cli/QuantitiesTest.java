package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class QuantitiesTest {
  @Test
  void sizesHaveThreeDigitsAndABinaryUnit() {
    assertEquals("0 B", Quantities.size(0));
    assertEquals("1023 B", Quantities.size(1023));
    assertEquals("1.00 KiB", Quantities.size(1024));
    assertEquals("1.50 MiB", Quantities.size(3 << 19));
    assertEquals("97.7 KiB", Quantities.size(100_000));
    assertEquals("977 KiB", Quantities.size(1_000_000));
    assertEquals("1.00 MiB", Quantities.size((1 << 20) - 1));
    assertEquals("8.00 EiB", Quantities.size(Long.MAX_VALUE));
    assertEquals("1.50 MiB (1572864 B)", Quantities.exactSize(3 << 19));
    assertEquals("10 B", Quantities.exactSize(10));
  }

  @Test
  void momentsAreIsoInUtcAndThoseBeyondTheCalendarAreUnsignedSeconds() {
    assertEquals("1970-01-01T00:00:00.000000001Z", Quantities.moment(0, 1));
    assertEquals("2026-11-20T17:11:46.256Z", Quantities.shortMoment(1795194706, 256177441));
    assertEquals("@18446744073709551615", Quantities.moment(-1, 0));
    assertEquals("@9223372036854775807", Quantities.moment(Long.MAX_VALUE, 999_999_999));
    assertFalse(Quantities.moment(Instant.MAX.getEpochSecond(), 0).startsWith("@"));
  }

  @Test
  void agesAreRoundedDownToTheLargestUnitOfWhichThereAreTwo() {
    long now = 1_000_000_000_000_000_000L;
    long nowSecs = 1_000_000_000L;

    assertEquals("0 s", Quantities.age(nowSecs, 0, now));
    assertEquals("0 s", Quantities.age(nowSecs - 1, 1, now));
    assertEquals("119 s", Quantities.age(nowSecs - 119, 0, now));
    assertEquals("2 min", Quantities.age(nowSecs - 120, 0, now));
    assertEquals("47 h", Quantities.age(nowSecs - 47 * 3600, 0, now));
    assertEquals("2 d ago", Quantities.ago(nowSecs - 48 * 3600, 0, now));
    assertEquals("in the future", Quantities.ago(nowSecs + 60, 0, now));
    assertEquals("in the future", Quantities.age(-1, 0, now));
  }

  @Test
  void iterationsAreUnsigned() {
    assertEquals("18446744073709551615", Quantities.iteration(OptionalLong.of(-1)));
    assertEquals("-", Quantities.iteration(OptionalLong.empty()));
  }

  @Test
  void jsonIsAsciiAndCarriesUnsignedNumbers() {
    String line =
        Json.line(
            json -> {
              json.writeStringField("name", "caf\u00e9\n");
              Json.iteration(json, OptionalLong.of(-1));
              Json.moment(json, "written", -1, 0);
            });

    assertTrue(line.chars().allMatch(c -> c < 128), line);
    assertEquals("caf\u00e9\n", CommandRun.parse(line).get("name").asText());
    assertEquals("18446744073709551615", CommandRun.parse(line).get("iteration").asText());
    assertTrue(CommandRun.parse(line).get("written").isNull());
    assertEquals("18446744073709551615", CommandRun.parse(line).get("written_unix_secs").asText());
  }

  @Test
  void aPageLetsNoControlCharacterThrough() {
    String page =
        new Page().line("a\nb\u001b[31m\u202e\u0085c").table(tableOf("caf\u00e9\t")).toString();

    assertEquals("a\\u000ab\\u001b[31m\\u202e\\u0085c\nNAME\ncaf\u00e9\\u0009\n", page);
  }

  @Test
  void anArgumentIsQuotedOnOneLineAndShortenedBetweenCharacters() {
    assertEquals("\"caf\u00e9\"", Page.quoted("caf\u00e9"));
    assertEquals("\"a\\u0000b\\ud800\"", Page.quoted("a\0b\ud800"));
    String faces = "\ud83d\ude00".repeat(100);
    assertEquals("\"" + "\ud83d\ude00".repeat(36) + "\"... (200 characters)", Page.quoted(faces));
  }

  private static Page.Table tableOf(String cell) {
    Page.Table table = new Page.Table().left("NAME");
    table.row(cell);
    return table;
  }
}
