package io.warmstart.stress.original;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The port does as the original does: on a root that the original has made, and on its own. */
class OriginalStoreTest extends OriginalFixture {
  private static final Pattern EXPONENT = Pattern.compile("\"objective\": \\S*e");

  @Test
  void everyHitOfThePortRewritesTheManifestAndSoReordersTheLatest() throws IOException {
    OriginalStore original = open(MIB);
    Fingerprint key = key("touch");
    String best =
        original.save(
            key, bytes("best"), OptionalDouble.of(1), OptionalLong.empty(), EntryKind.CHECKPOINT);
    original.save(
        key, bytes("latest"), OptionalDouble.of(2), OptionalLong.empty(), EntryKind.CHECKPOINT);
    Path manifest = root.resolve(key.toHex()).resolve(best + ".json");

    for (int hit = 0; hit < 4; hit++) {
      // A modification time of the past: what the file's clock is too coarse to tell apart.
      Files.setLastModifiedTime(manifest, FileTime.fromMillis(1_000_000L + hit));
      OriginalManifest before = OriginalManifest.ofJson(Files.readAllBytes(manifest));

      assertArrayEquals(bytes("best"), original.lookup(key).orElseThrow().payload());

      OriginalManifest after = OriginalManifest.ofJson(Files.readAllBytes(manifest));
      assertTrue(after.accessed());
      assertTrue(after.isNewerThan(before));
    }
    assertArrayEquals(bytes("best"), open(MIB).lookupLatest(key).orElseThrow().payload());
  }

  @Test
  void portSweepsAtTheFirstSaveAndEvery32nd() throws IOException {
    OriginalStore filler = open(MIB);
    for (int i = 0; i < 4; i++) {
      saveBare(filler, key("old " + i), new byte[1000]);
    }
    OriginalStore tight = open(3000);
    saveBare(tight, key("first"), new byte[1000]);
    assertTrue(bytesOnDisk() <= 3000, "after the first save");

    for (int save = 2; save <= 32; save++) {
      saveBare(tight, key("then " + save), new byte[1000]);
    }
    assertTrue(bytesOnDisk() > 32_000, "between two sweeps nothing is evicted");

    saveBare(tight, key("last"), new byte[1000]);
    assertTrue(bytesOnDisk() <= 3000, "after the 33rd save");
    assertTrue(tight.lookup(key("last")).isPresent());
    assertFalse(tight.lookup(key("first")).isPresent());
  }

  @Test
  void portTakesAWrongPayloadForBrokenAndRemovesThePair() throws IOException {
    OriginalStore original = open(MIB);
    Fingerprint key = key("tampered");
    String runId = saveBare(original, key, bytes("right"));
    Files.write(root.resolve(key.toHex()).resolve(runId + ".bin"), bytes("wrong"));

    assertTrue(original.lookup(key).isEmpty());

    assertEquals(List.of(), names(key));
  }

  @ParameterizedTest
  @EnumSource
  void answersFromTheOriginalsOwnRootAsTheOriginalDoes(OriginalStore.Version version)
      throws Exception {
    JsonNode keys = fixtureKeys();
    for (Map.Entry<String, JsonNode> each : keys.properties()) {
      JsonNode facts = each.getValue();
      Fingerprint key = Fingerprint.fromHex(facts.get("hex").textValue());
      JsonNode best = facts.get("best");
      JsonNode latest = facts.get("latestSameAsBest") == null ? facts.get("latest") : best;

      // The latest first, from a store of its own: a hit of the best would make it the latest.
      copyFixture();
      assertIs(latest, openFixture(version).lookupLatest(key).orElseThrow());
      copyFixture();
      assertIs(best, openFixture(version).lookup(key).orElseThrow());
    }
    assertEquals(List.of(), removals);
  }

  @Test
  void writesTheManifestsOfTheOriginalByteForByte() throws Exception {
    copyFixture();
    int compared = 0;
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".json")).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        OriginalManifest manifest = OriginalManifest.ofJson(bytes);
        // Of a number with an exponent the two languages write other digits of the same value.
        if (!EXPONENT.matcher(new String(bytes, StandardCharsets.UTF_8)).find()) {
          assertArrayEquals(bytes, manifest.toJson(OriginalStore.Version.NEWER), file::toString);
          compared++;
        } else {
          assertEquals(
              manifest, OriginalManifest.ofJson(manifest.toJson(OriginalStore.Version.NEWER)));
        }
      }
    }
    assertEquals(10, compared);
  }

  @Test
  void olderVersionWritesNoMarkOfAnAccess() throws IOException {
    Fingerprint key = key("older");
    OriginalStore older =
        OriginalStore.open(
            OriginalStore.Version.V0_3_122, root, MIB, Duration.ZERO, this::noteRemoval);
    String runId = saveBare(older, key, bytes("x"));

    String manifest = Files.readString(root.resolve(key.toHex()).resolve(runId + ".json"));
    assertFalse(manifest.contains("accessed"), manifest);
  }

  @Test
  void lookRemovesTheTemporariesOfOtherProcessesAlone() throws IOException {
    Fingerprint key = key("temporaries");
    String runId = saveBare(open(MIB), key, bytes("x"));
    long pid = ProcessHandle.current().pid();
    List<String> staying =
        List.of(
            "a.bin.tmp." + pid + ".1.0",
            "a.bin.tmp.-5.1.0",
            "a.bin.tmp.99999999999.1.0",
            "a.bin.tmp.x");
    List<String> going = List.of("a.bin.tmp." + (pid + 1) + ".1.0", "a.json.touch.tmp.1");
    for (String name : Stream.concat(staying.stream(), going.stream()).toList()) {
      Files.createFile(root.resolve(key.toHex()).resolve(name));
    }

    assertTrue(open(MIB).lookup(key).isPresent());

    List<String> expected = new ArrayList<>(staying);
    expected.addAll(List.of(runId + ".bin", runId + ".json"));
    assertEquals(expected.stream().sorted().toList(), names(key));
  }

  @Test
  void lookRemovesAManifestThatLacksItsPayloadAndSaysWhy() throws IOException {
    Fingerprint key = key("half");
    String runId = saveBare(open(MIB), key, bytes("x"));
    Files.delete(root.resolve(key.toHex()).resolve(runId + ".bin"));

    assertTrue(open(MIB).lookup(key).isEmpty());

    assertEquals(List.of(), names(key));
    assertEquals(List.of(runId + ".json: no payload was there"), removals);
  }

  @Test
  void lookRemovesWhatHasExpiredOrDoesNotParseOrHasAnotherSchema() throws IOException {
    Fingerprint key = key("broken");
    Path directory = root.resolve(key.toHex());
    String unreadable = saveBare(open(MIB), key, bytes("a"));
    Files.writeString(directory.resolve(unreadable + ".json"), "{");
    String newer = saveBare(open(MIB), key, bytes("b"));
    Path manifest = directory.resolve(newer + ".json");
    Files.writeString(manifest, Files.readString(manifest).replace("version\": 1", "version\": 2"));
    String old = saveBare(open(MIB), key, bytes("c"));
    Path expired = directory.resolve(old + ".json");
    OriginalManifest stamped = OriginalManifest.ofJson(Files.readAllBytes(expired));
    Files.write(expired, stamped.writtenAt(0).toJson(OriginalStore.Version.NEWER));

    assertTrue(open(MIB).lookup(key).isEmpty());

    assertEquals(List.of(), names(key));
    assertEquals(
        Set.of(
            unreadable + ".json: its manifest could not be read",
            newer + ".json: another schema version",
            old + ".json: expired"),
        Set.copyOf(removals));
  }

  @Test
  void overwriteThatFailsAtTheManifestHasAlreadyReplacedThePayloadAndRemovesIt()
      throws IOException {
    OriginalStore original = open(MIB);
    Fingerprint key = key("fails");
    String runId = saveBare(original, key, bytes("before"));
    Path manifest = root.resolve(key.toHex()).resolve(runId + ".json");
    Files.delete(manifest);
    Files.createDirectories(manifest.resolve("in the way"));

    assertThrows(
        IOException.class,
        () ->
            original.saveOverwrite(
                key,
                runId,
                bytes("after"),
                OptionalDouble.empty(),
                OptionalLong.empty(),
                EntryKind.CHECKPOINT));

    assertEquals(List.of(runId + ".json"), names(key));
  }

  private static Path fixture(String name) throws URISyntaxException {
    return Path.of(
        Objects.requireNonNull(OriginalStoreTest.class.getResource("/fixtures/" + name)).toURI());
  }

  private static JsonNode fixtureKeys() throws Exception {
    JsonNode expected = new ObjectMapper().readTree(fixture("expected.json").toFile());
    return expected.get("rust-gam").get("keys");
  }

  private void copyFixture() throws Exception {
    Path source = fixture("rust-gam");
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.toList()) {
        Path target = root.resolve(source.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  private OriginalStore openFixture(OriginalStore.Version version) throws IOException {
    return OriginalStore.open(version, root, MIB, Duration.ZERO, this::noteRemoval);
  }

  private static void assertIs(JsonNode expected, OriginalEntry actual) {
    if (expected.get("payloadUtf8") != null) {
      assertEquals(
          expected.get("payloadUtf8").textValue(),
          new String(actual.payload(), StandardCharsets.UTF_8));
    } else {
      assertEquals(expected.get("payloadBytes").intValue(), actual.payload().length);
    }
    JsonNode objective = expected.get("objective");
    assertEquals(
        objective.isNull() ? OptionalDouble.empty() : OptionalDouble.of(objective.doubleValue()),
        actual.objective());
    JsonNode iteration = expected.get("iteration");
    assertEquals(
        iteration.isNull()
            ? OptionalLong.empty()
            : OptionalLong.of(Long.parseUnsignedLong(iteration.textValue())),
        actual.iteration());
    assertEquals(
        expected.get("kind").textValue().equals("Final"), actual.kind() == EntryKind.FINAL);
  }

  private long bytesOnDisk() throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
