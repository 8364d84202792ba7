package io.warmstart.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A payload in a file, saved and looked up by the command line. */
abstract class SavedPayload {
  static final String KEY = "text:digits";
  static final byte[] PAYLOAD = "hello-warm".getBytes(StandardCharsets.UTF_8);

  @TempDir Path directory;
  Path root;
  Path payload;

  @BeforeEach
  void setUp() throws IOException {
    root = directory.resolve("fits");
    payload = Files.write(directory.resolve("payload"), PAYLOAD);
  }

  String save(Object... more) {
    Object[] args = Stream.concat(Stream.of("save", root, KEY, payload), Stream.of(more)).toArray();
    return CommandRun.of(args).expectDone().out().strip();
  }

  JsonNode lookup(Object... more) {
    Object[] args =
        Stream.concat(Stream.of("lookup", root, KEY, "--json"), Stream.of(more)).toArray();
    return CommandRun.of(args).expectDone().json();
  }
}
