package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Explanation;
import io.warmstart.model.Explanation.Verdict;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Says who would win a lookup, and why not the others. */
@Command(
    name = "explain",
    header = "Says who would win a lookup, and why not the others.",
    description = {
      "%nShows what lies under a key in order of preference, the winner marked with *, what no"
          + " lookup can return with x. Reads and checks every payload; does not count as an"
          + " access. Exit code 1 if nobody would win.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart explain /tmp/fits text:digits",
      "  warmstart explain /tmp/fits text:digits --ranking final-first --json"
    })
final class ExplainCommand extends CommandOnKey {
  @Option(
      order = 1,
      names = "--ranking",
      paramLabel = "RANKING",
      defaultValue = "lowest-objective",
      converter = Arguments.RankingArgument.class,
      description = "lowest-objective, latest or final-first. Default: lowest-objective.")
  Ranking ranking;

  ExplainCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    Fingerprint key = key();
    try (WarmStartStore store = openForLooking()) {
      Explanation explanation = store.explain(key, ranking);
      output.answer(new Verdicts(explanation, store.options().clock().nanoTime()));
      return explanation.winner().isPresent() ? ExitCodes.DONE : ExitCodes.MISS_OR_PROBLEM;
    }
  }

  private record Verdicts(Explanation explanation, long nowUnixNanos) implements Answer {
    @Override
    public void writeText(Page page) {
      page.line("key      " + explanation.key().toHex());
      page.line("ranking  " + Quantities.word(explanation.ranking()));
      page.line("winner   " + explanation.winner().orElse("none, a lookup would miss"));
      if (explanation.candidates().isEmpty()) {
        page.line("Nothing lies under this key.");
        return;
      }
      page.line("");
      Page.Table table =
          new Page.Table()
              .right("")
              .left("RUN ID")
              .left("KIND")
              .right("OBJECTIVE")
              .right("ITERATION")
              .right("PAYLOAD")
              .left("WRITTEN")
              .right("AGE")
              .left("REASON");
      int place = 0;
      for (Verdict verdict : explanation.candidates()) {
        addRow(table, verdict, verdict.usable() ? ++place : 0);
      }
      page.table(table);
    }

    private void addRow(Page.Table table, Verdict verdict, int place) {
      boolean known = verdict.kind().isPresent();
      table.row(
          place == 0 ? "x" : place == 1 ? "* 1" : Integer.toString(place),
          verdict.runId(),
          verdict.kind().map(Quantities::word).orElse(Quantities.NONE),
          Quantities.objective(verdict.objective()),
          Quantities.iteration(verdict.iteration()),
          known ? Quantities.size(verdict.payloadBytes()) : Quantities.NONE,
          known
              ? Quantities.shortMoment(verdict.writtenUnixSecs(), verdict.writtenNanos())
              : Quantities.NONE,
          known
              ? Quantities.age(verdict.writtenUnixSecs(), verdict.writtenNanos(), nowUnixNanos)
              : Quantities.NONE,
          verdict.reason());
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("key", explanation.key().toHex());
      json.writeStringField("ranking", Quantities.word(explanation.ranking()));
      json.writeStringField("winner", explanation.winner().orElse(null));
      json.writeArrayFieldStart("candidates");
      int place = 0;
      for (Verdict verdict : explanation.candidates()) {
        json.writeStartObject();
        json.writeBooleanField("usable", verdict.usable());
        if (verdict.usable()) {
          json.writeNumberField("place", ++place);
        } else {
          json.writeNullField("place");
        }
        writeVerdict(json, verdict);
        json.writeEndObject();
      }
      json.writeEndArray();
    }

    private static void writeVerdict(JsonGenerator json, Verdict verdict) throws IOException {
      EntryKind kind = verdict.kind().orElse(null);
      if (kind == null) {
        EntryFacts.writeUnknown(json, verdict.runId());
      } else {
        new EntryFacts(
                verdict.runId(),
                kind,
                verdict.objective(),
                verdict.iteration(),
                verdict.payloadBytes(),
                verdict.writtenUnixSecs(),
                verdict.writtenNanos())
            .writeJson(json);
      }
      json.writeStringField("reason", verdict.reason());
    }
  }
}
