package io.warmstart.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.StoredPolicy.Budget;
import io.warmstart.format.StoredPolicy.Ttl;
import io.warmstart.model.Retention;
import io.warmstart.model.RootPolicy.Origin;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The bytes of a policy's file: what was written is read, and what is not right is refused whole.
 */
class PolicyCodecTest {
  private static final StoredPolicy FULL =
      new StoredPolicy(
          new Budget(10_000, Origin.KEPT),
          new Ttl(Duration.ofSeconds(60, 5), Origin.DEFAULT, new Stamp(1_700_000_000, 7)),
          Retention.KEEP_BEST_AND_LATEST,
          UnknownFields.NONE);

  @Test
  void theBytesAreTheseAndNoOthers() {
    assertEquals(
        """
        {
          "schema_version": 1,
          "size_budget_bytes": 10000,
          "size_budget_origin": "kept",
          "ttl_seconds": 60,
          "ttl_nanos": 5,
          "ttl_origin": "default",
          "ttl_since_unix_secs": 1700000000,
          "ttl_since_nanos": 7,
          "retention": "keep_best_and_latest"
        }\
        """,
        new String(PolicyCodec.encode(FULL), UTF_8));
  }

  @Test
  void whatWasWrittenIsReadAndSoIsNothing() throws Exception {
    assertEquals(FULL, PolicyCodec.decode(PolicyCodec.encode(FULL)));
    assertEquals(StoredPolicy.NONE, PolicyCodec.decode("{}".getBytes(UTF_8)));
    StoredPolicy byHand = PolicyCodec.decode("{\"size_budget_bytes\": 5}".getBytes(UTF_8));
    assertEquals(new Budget(5, Origin.NAMED), byHand.budget());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{\"schema_version\": 2}",
        "{\"size_budget_bytes\": -1}",
        "{\"size_budget_bytes\": 1.5}",
        "{\"size_budget_bytes\": \"10G\"}",
        "{\"size_budget_bytes\": null}",
        "{\"size_budget_bytes\": 1, \"size_budget_origin\": \"guessed\"}",
        "{\"ttl_seconds\": 1, \"ttl_nanos\": 1000000000}",
        "{\"ttl_seconds\": 1, \"ttl_since_unix_secs\": 31556889864403200}",
        "{\"retention\": \"KEEP_BEST_AND_LATEST\"}",
        "{\"retention\": \"all\"}",
        "{\"size_budget_bytes\": 1, \"size_budget_bytes\": 2}"
      })
  void whatIsNotRightIsRefusedWhole(String text) {
    String refused =
        assertThrows(PolicyFormatException.class, () -> PolicyCodec.decode(text.getBytes(UTF_8)))
            .toString();
    assertTrue(!refused.contains("manifest"), refused);
  }

  @Test
  void theFormatPageHasEachField() throws Exception {
    Path page =
        Path.of(System.getProperty("warmstart.test.projectRoot", "..")).resolve("docs/format.md");
    String text = Files.readString(page);
    for (PolicyCodec.Field field : PolicyCodec.Field.values()) {
      assertTrue(text.contains("| `" + field.jsonName() + "` |"), field.jsonName());
    }
  }
}
