package io.warmstart.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ExcerptTest {
  @Test
  void plainTextIsQuoted() {
    assertEquals("\"a b\"", Excerpt.of("a b"));
    assertEquals("\"\"", Excerpt.of(""));
  }

  @Test
  void nothingBreaksTheLineOrSteersATerminal() {
    assertEquals("\"\\u001b[2J\\u000a\\u0000\\u00e9\"", Excerpt.of("\u001b[2J\n\0é"));
    assertEquals("\"\\\"\\\\\"", Excerpt.of("\"\\"));
  }

  @Test
  void longTextIsShortenedAndItsLengthGiven() {
    assertEquals("\"" + "x".repeat(48) + "\"... (49 characters)", Excerpt.of("x".repeat(49)));
    assertEquals("\"" + "x".repeat(48) + "\"", Excerpt.of("x".repeat(48)));
  }
}
