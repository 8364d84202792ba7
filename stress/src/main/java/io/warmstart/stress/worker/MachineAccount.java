package io.warmstart.stress.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Explanation;
import io.warmstart.model.Ranking;
import io.warmstart.stress.frame.Run;
import io.warmstart.stress.history.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** What the workers of several machines say that they have done, and whether it is there. */
public final class MachineAccount {
  static final String COUNTED = "counted ";
  static final String ACKNOWLEDGED = "acknowledged ";

  private static final JsonMapper MAPPER = new JsonMapper();

  private record Last(int key, int run, long version) {}

  private final List<Last> acknowledged = new ArrayList<>();

  private MachineAccount() {}

  /** Adds up what a crew was told. */
  public static MachineAccount of(Run run, List<String> told) {
    MachineAccount account = new MachineAccount();
    for (String line : told) {
      if (line.startsWith(COUNTED)) {
        int equals = line.indexOf('=');
        run.count(
            line.substring(COUNTED.length(), equals), Long.parseLong(line.substring(equals + 1)));
      } else if (line.startsWith(ACKNOWLEDGED)) {
        String[] words = line.substring(ACKNOWLEDGED.length()).split(" ", -1);
        account.acknowledged.add(
            new Last(
                Integer.parseInt(words[0]), Integer.parseInt(words[1]), Long.parseLong(words[2])));
      }
    }
    return account;
  }

  /** How many runs were saved. */
  public int runs() {
    return acknowledged.size();
  }

  /**
   * Compares the last acknowledged version of each run with what one machine finds: by its store,
   * and without it, by the SHA-256 of each pair's two files.
   *
   * @return what is wrong, a line each
   */
  public List<String> differences(WarmStartStore store) throws IOException {
    List<String> differences = new ArrayList<>();
    store.verify().problems().forEach(problem -> differences.add("verify: " + problem));
    for (Last last : acknowledged) {
      String expected =
          "key %d run %d: saved %s, "
              .formatted(last.key(), last.run(), Version.text(last.version()));
      String found = found(store, last);
      if (!found.isEmpty()) {
        differences.add(expected + "found " + found);
      }
      String mixed = mixed(store.root(), last);
      if (!mixed.isEmpty()) {
        differences.add(expected + mixed);
      }
    }
    return differences;
  }

  private static String found(WarmStartStore store, Last last) {
    for (Explanation.Verdict each :
        store.explain(Names.key(last.key()), Ranking.LATEST).candidates()) {
      if (each.runId().equals(Names.sharedRun(last.run()))) {
        boolean right = each.usable() && each.iteration().orElse(0) == last.version();
        return right ? "" : Version.text(each.iteration().orElse(0)) + ", " + each.reason();
      }
    }
    return "no such entry";
  }

  private static String mixed(Path root, Last last) throws IOException {
    Path directory = root.resolve(Names.key(last.key()).toHex());
    String runId = Names.sharedRun(last.run());
    Path manifest = directory.resolve(runId + ".json");
    Path payload = directory.resolve(runId + ".bin");
    if (!Files.exists(manifest) || !Files.exists(payload)) {
      return "a file of the pair is missing";
    }
    JsonNode fields = MAPPER.readTree(Files.readAllBytes(manifest));
    String actual = HexFormat.of().formatHex(sha256().digest(Files.readAllBytes(payload)));
    return fields.path("checksum_hex").asText().equals(actual)
        ? ""
        : "sha-256: expected=" + fields.path("checksum_hex").asText() + " actual=" + actual;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
