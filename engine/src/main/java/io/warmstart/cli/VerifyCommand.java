package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.WarmStartStore;
import io.warmstart.model.VerifyReport;
import io.warmstart.model.VerifyReport.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Checks a whole root. */
@Command(
    name = "verify",
    header = "Checks every entry and every other file.",
    description = {
      "%nReads every payload and compares its checksum, and the shared index with the files. Other"
          + " processes may go on working. Exit code 1 if anything was wrong, repaired or not;"
          + " after a repair a second run tells.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart verify /tmp/fits",
      "  warmstart verify /tmp/fits --repair"
    })
final class VerifyCommand extends RootCommand {
  @Option(
      order = 1,
      names = "--repair",
      description =
          "Complete saves that were cut off, move what is bad to ROOT/.warmstart/quarantine,"
              + " remove what dead processes have left, and count again what the index has wrong.")
  boolean repair;

  VerifyCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    try (WarmStartStore store = repair ? openExisting() : openForReading(output)) {
      VerifyReport report;
      try (VerifyBar bar = VerifyBar.on(streams, common.json)) {
        report = repair ? store.repair(bar) : store.verify(bar);
      }
      output.answer(new Found(store.root(), report, repair));
      return report.clean() ? ExitCodes.DONE : ExitCodes.MISS_OR_PROBLEM;
    }
  }

  /** What a user can do about a problem. */
  private enum Next {
    NOTHING("nothing: it has been dealt with"),
    REPAIR("run verify with --repair"),
    WAIT("nothing yet: somebody may be writing it; verify again in a minute"),
    AGAIN("run verify --repair again: somebody was working on it"),
    BY_HAND("move it away by hand: the store neither reads nor removes it"),
    POLICY("set it with policy --budget or --ttl: until then nothing is evicted or expires"),
    ACCESS("see who may read it and whether the device is sound, then verify again");

    private final String text;

    Next(String text) {
      this.text = text;
    }

    static Next after(Problem problem, boolean repair) {
      if (problem.repaired()) {
        return NOTHING;
      }
      return switch (problem.kind()) {
        case "stray name", "not a directory" -> BY_HAND;
        case "unreadable" -> ACCESS;
        case "incomplete" -> WAIT;
        case "policy" -> POLICY;
        default -> repair ? AGAIN : REPAIR;
      };
    }
  }

  private record Found(Path root, VerifyReport report, boolean repair) implements Answer {
    @Override
    public void writeText(Page page) {
      page.line(
          "checked "
              + Quantities.count(report.entries(), "whole entry", "whole entries")
              + " under "
              + Quantities.count(report.keys(), "key", "keys")
              + ", "
              + Quantities.size(report.bytes())
              + " of payloads, in "
              + root);
      if (!report.leftovers().isEmpty()) {
        page.line(
            Quantities.count(report.leftovers().size(), "file", "files")
                + " left unfinished by processes that are gone, "
                + (repair ? "removed" : "for the next sweep to remove"));
      }
      if (report.clean()) {
        page.line("nothing is wrong");
        return;
      }
      for (Problem problem : report.problems()) {
        page.line("");
        page.line(problem.kind() + (problem.repaired() ? " (repaired)" : ""));
        page.facts(
            List.of(
                new Page.Fact("  file", problem.path()),
                new Page.Fact("  found", problem.detail()),
                new Page.Fact("  next", Next.after(problem, repair).text)));
      }
      page.line("");
      page.line(
          Quantities.count(report.problems().size(), "problem", "problems")
              + (repair ? ", " + repaired() + " repaired" : ""));
      if (report.problems().stream().anyMatch(each -> each.repaired() && !isOfIndex(each))) {
        page.line("what was moved aside lies in " + root.resolve(".warmstart/quarantine"));
      }
    }

    /** The index is counted again, or made again: nothing of it is worth keeping. */
    private static boolean isOfIndex(Problem problem) {
      return problem.kind().equals("index");
    }

    private long repaired() {
      return report.problems().stream().filter(Problem::repaired).count();
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("root", root.toString());
      json.writeBooleanField("clean", report.clean());
      json.writeNumberField("keys", report.keys());
      json.writeNumberField("entries", report.entries());
      json.writeNumberField("payload_bytes", report.bytes());
      writeJson(json, "problems", report.problems());
      writeJson(json, "leftovers", report.leftovers());
    }

    private void writeJson(JsonGenerator json, String name, List<Problem> problems)
        throws IOException {
      json.writeArrayFieldStart(name);
      for (Problem problem : problems) {
        json.writeStartObject();
        json.writeStringField("kind", problem.kind());
        json.writeStringField("path", problem.path());
        json.writeStringField("detail", problem.detail());
        json.writeBooleanField("repaired", problem.repaired());
        json.writeStringField("next", Next.after(problem, repair).text);
        json.writeEndObject();
      }
      json.writeEndArray();
    }
  }
}
