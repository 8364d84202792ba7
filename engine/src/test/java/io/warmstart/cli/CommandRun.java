package io.warmstart.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A command that has run.
 *
 * @param exitCode what it would have ended the process with
 * @param written what it wrote to standard output
 * @param err what it wrote to standard error
 */
record CommandRun(int exitCode, ByteArrayOutputStream written, String err) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  static CommandRun of(Object... args) {
    return withInput(new byte[0], args);
  }

  static CommandRun withInput(byte[] input, Object... args) {
    return with(new ByteArrayInputStream(input), false, args);
  }

  static CommandRun with(InputStream in, boolean trace, Object... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Streams streams = new Streams(in, out, err, StandardCharsets.UTF_8, false, false);
    String[] words = Arrays.stream(args).map(String::valueOf).toArray(String[]::new);
    int exitCode = Main.run(words, streams, trace);
    return new CommandRun(exitCode, out, err.toString(StandardCharsets.UTF_8));
  }

  byte[] outBytes() {
    return written.toByteArray();
  }

  String out() {
    return written.toString(StandardCharsets.UTF_8);
  }

  /** Standard output as its one JSON object on one line. */
  JsonNode json() {
    assertEquals(1, out().lines().count(), out());
    return parse(out());
  }

  static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError("not one JSON document: " + text, e);
    }
  }

  CommandRun expectDone() {
    assertEquals(ExitCodes.DONE, exitCode, err);
    assertEquals("", err);
    return this;
  }

  /** One line on standard error that holds all the words, nothing on standard output. */
  CommandRun expectFailure(int expectedExitCode, Object... words) {
    assertEquals(expectedExitCode, exitCode, err + out());
    assertEquals("", out());
    assertOneErrorLine(err, words);
    return this;
  }

  static void assertOneErrorLine(String err, Object... words) {
    assertEquals(1, err.lines().count(), err);
    assertTrue(err.endsWith("\n"), err);
    assertTrue(err.startsWith("warmstart: "), err);
    for (Object word : words) {
      assertTrue(err.contains(String.valueOf(word)), "expected=" + word + " actual=" + err);
    }
    assertFalse(err.contains("\tat "), err);
  }

  List<String> outLines() {
    return out().lines().toList();
  }
}
