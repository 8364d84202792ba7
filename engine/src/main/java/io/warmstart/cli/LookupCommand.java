package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.Entry;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Looks up the entry to start from. */
@Command(
    name = "lookup",
    header = "Finds the entry to start from.",
    description = {
      "%nPrints its facts, and writes its payload where --out says. A hit counts as an access and"
          + " puts off expiry and eviction. Exit code 1 is a miss; then nothing is written.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart lookup /tmp/fits text:digits",
      "  warmstart lookup /tmp/fits text:digits --ranking latest --out model.bin",
      "  warmstart lookup /tmp/fits text:digits --out - | sha256sum"
    })
final class LookupCommand extends RootCommand {
  private static final String STANDARD_OUTPUT = "-";

  @Parameters(
      index = "1",
      paramLabel = "KEY",
      converter = Arguments.KeyArgument.class,
      description = "64 lowercase hex digits, or text:NAME.")
  Fingerprint key;

  @Option(
      order = 1,
      names = "--ranking",
      paramLabel = "RANKING",
      defaultValue = "lowest-objective",
      converter = Arguments.RankingArgument.class,
      description = "lowest-objective, latest or final-first. Default: lowest-objective.")
  Ranking ranking;

  @Option(
      order = 2,
      names = "--out",
      paramLabel = "FILE",
      converter = Arguments.PathArgument.class,
      description = {
        "Write the payload to FILE, whole or not at all;",
        "- is standard output, then the facts go to standard error."
      })
  @Nullable Path out;

  LookupCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    boolean toStandardOutput = out != null && out.toString().equals(STANDARD_OUTPUT);
    try (WarmStartStore store = openForReading(output)) {
      Optional<Entry> found = store.lookup(key, ranking);
      Answer answer;
      if (found.isEmpty()) {
        answer = new Miss(root, key, ranking);
      } else {
        try (Entry entry = found.get()) {
          if (toStandardOutput) {
            PayloadOutput.toStream(entry, streams.out());
          } else if (out != null) {
            PayloadOutput.toFile(entry, out);
          }
          answer = Hit.of(key, ranking, entry, store.options().clock().nanoTime(), out);
        }
      }
      if (toStandardOutput) {
        output.answerBesidePayload(answer);
      } else {
        output.answer(answer);
      }
      return found.isPresent() ? ExitCodes.DONE : ExitCodes.MISS_OR_PROBLEM;
    }
  }

  private record Miss(Path root, Fingerprint key, Ranking ranking) implements Answer {
    @Override
    public void writeText(Page page) {
      page.line("miss: no entry to start from under key " + key.toHex());
      page.line(
          "what lies there, and why it does not count: warmstart explain "
              + root
              + " "
              + key.toHex());
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeBooleanField("hit", false);
      json.writeStringField("key", key.toHex());
      json.writeStringField("ranking", Quantities.word(ranking));
    }
  }

  private record Hit(
      Fingerprint key, Ranking ranking, EntryFacts facts, long nowUnixNanos, @Nullable Path out)
      implements Answer {

    static Hit of(
        Fingerprint key, Ranking ranking, Entry entry, long nowUnixNanos, @Nullable Path out) {
      return new Hit(key, ranking, EntryFacts.of(entry), nowUnixNanos, out);
    }

    @Override
    public void writeText(Page page) {
      List<Page.Fact> lines = new ArrayList<>();
      lines.add(new Page.Fact("key", key.toHex()));
      lines.add(new Page.Fact("run id", facts.runId()));
      lines.add(new Page.Fact("kind", Quantities.word(facts.kind())));
      lines.add(new Page.Fact("objective", Quantities.objective(facts.objective())));
      lines.add(new Page.Fact("iteration", Quantities.iteration(facts.iteration())));
      lines.add(new Page.Fact("payload", Quantities.exactSize(facts.payloadBytes())));
      lines.add(
          new Page.Fact(
              "written",
              Quantities.moment(facts.writtenUnixSecs(), facts.writtenNanos())
                  + " ("
                  + Quantities.ago(facts.writtenUnixSecs(), facts.writtenNanos(), nowUnixNanos)
                  + ")"));
      lines.add(new Page.Fact("chosen by", Quantities.word(ranking)));
      if (out != null) {
        lines.add(
            new Page.Fact(
                "payload to",
                out.toString().equals(STANDARD_OUTPUT) ? "standard output" : out.toString()));
      }
      page.facts(lines);
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeBooleanField("hit", true);
      json.writeStringField("key", key.toHex());
      json.writeStringField("ranking", Quantities.word(ranking));
      facts.writeJson(json);
      if (out == null) {
        json.writeNullField("out");
      } else {
        json.writeStringField("out", out.toString());
      }
    }
  }
}
