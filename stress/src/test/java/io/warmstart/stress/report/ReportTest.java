package io.warmstart.stress.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.warmstart.stress.frame.Latencies;
import io.warmstart.stress.frame.ScenarioResult;
import io.warmstart.stress.frame.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  @TempDir Path directory;

  @Test
  void pageAndDocumentTellTheSame() throws IOException {
    ScenarioResult result =
        new ScenarioResult(
            "kill",
            Verdict.FAILED,
            42,
            4,
            60,
            61.5,
            "java -jar … kill --seed 42",
            Map.of("deaths", 12L),
            List.of(new ScenarioResult.Minimum("deaths", 15, 12)),
            3_000,
            0,
            List.of("key <3> is \"lost\""),
            List.of("xfs: needs root"),
            List.of(),
            Map.of(
                "save",
                new ScenarioResult.Latency(
                    9, Collections.nCopies(Latencies.PERCENTILES.size(), 2.5), 7.5)));

    Report.write(directory, List.of(result));

    JsonNode document = new JsonMapper().readTree(directory.resolve(Report.DOCUMENT).toFile());
    assertEquals("FAILED", document.at("/scenarios/0/verdict").asText());
    assertEquals(12, document.at("/scenarios/0/counts/deaths").asInt());
    assertEquals(0.001, document.at("/scenarios/0/loss_bound_95").asDouble());
    String page = Files.readString(directory.resolve(Report.PAGE));
    assertTrue(page.contains("<td class=\"failed\">failed"), "verdict");
    assertTrue(page.contains("key &lt;3> is &quot;lost&quot;"), "escaped");
    assertTrue(page.contains("--seed 42"), "replay");
    assertTrue(page.contains("0.0010"), "bound");
    assertTrue(page.contains("src=\"data:image/png;base64,"), "chart");
  }
}
