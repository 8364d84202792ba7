package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.EvictionReport.Removed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One sweep. */
@Command(
    name = "evict",
    header = "Sweeps once and tells what it removed.",
    description = {
      "%nRemoves what has expired and what dead processes have left, and evicts until the root"
          + " fits its budget. Exit code 1 if something could not be looked at or removed.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart evict /tmp/fits",
      "  warmstart evict /tmp/fits --dry-run --budget 10G",
      "  warmstart evict /tmp/fits --budget 1000000 --ttl 86400"
    })
final class EvictCommand extends RootCommand {
  @Option(
      order = 1,
      names = "--dry-run",
      description = "Only tell which entries would go, and why.")
  boolean dryRun;

  EvictCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    try (WarmStartStore store = dryRun ? openForReading(output) : openExisting()) {
      EvictionReport report = store.evictOverflow(dryRun);
      output.answer(new Swept(report, hasBudget(store, report.sizeBudgetBytes())));
      return report.failures() == 0 ? ExitCodes.DONE : ExitCodes.MISS_OR_PROBLEM;
    }
  }

  private record Swept(EvictionReport report, boolean hasBudget) implements Answer {
    @Override
    public void writeText(Page page) {
      for (Removed each : report.removed()) {
        page.line(
            (report.dryRun() ? "would go  " : "gone  ")
                + each.key().toHex()
                + "  "
                + each.runId()
                + "  "
                + Quantities.size(each.bytes())
                + "  "
                + reason(each));
      }
      long unlisted = report.evicted() + report.expired() - report.removed().size();
      if (unlisted > 0) {
        page.line("and " + unlisted + " more");
      }
      List<Page.Fact> lines = new ArrayList<>();
      lines.add(new Page.Fact("entries looked at", Long.toString(report.entriesBefore())));
      lines.add(
          new Page.Fact(
              "bytes",
              Quantities.size(report.bytesBefore())
                  + " -> "
                  + Quantities.size(report.bytesAfter())
                  + " of "
                  + budget()));
      if (report.overBudgetBytes() > 0) {
        lines.add(
            new Page.Fact("still over by", Quantities.size(report.overBudgetBytes()) + why()));
      }
      lines.add(new Page.Fact("evicted", Long.toString(report.evicted())));
      lines.add(new Page.Fact("expired", Long.toString(report.expired())));
      lines.add(new Page.Fact("moved to quarantine", Long.toString(report.quarantined())));
      lines.add(new Page.Fact("cut-off saves completed", Long.toString(report.rolledForward())));
      lines.add(new Page.Fact("leftovers removed", Long.toString(report.leftoversRemoved())));
      lines.add(
          new Page.Fact("quarantined files removed", Long.toString(report.quarantineRemoved())));
      if (report.otherFiles() > 0) {
        lines.add(
            new Page.Fact(
                "not counted",
                Quantities.count(report.otherFiles(), "other file, ", "other files, ")
                    + Quantities.size(report.otherBytes())));
      }
      lines.add(new Page.Fact("failures", Long.toString(report.failures())));
      page.facts(lines);
      if (report.failures() > 0) {
        page.line("verify says what is wrong");
      }
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeNumberField("entries_before", report.entriesBefore());
      json.writeNumberField("bytes_before", report.bytesBefore());
      json.writeNumberField("bytes_after", report.bytesAfter());
      json.writeBooleanField("dry_run", report.dryRun());
      if (!hasBudget) {
        json.writeNullField("size_budget_bytes");
      } else {
        json.writeNumberField("size_budget_bytes", report.sizeBudgetBytes());
      }
      json.writeNumberField("over_budget_bytes", report.overBudgetBytes());
      json.writeNumberField("pinned_bytes", report.pinnedBytes());
      json.writeNumberField("unreadable_bytes", report.unreadableBytes());
      json.writeNumberField("evicted", report.evicted());
      json.writeNumberField("expired", report.expired());
      json.writeNumberField("quarantined", report.quarantined());
      json.writeNumberField("rolled_forward", report.rolledForward());
      json.writeNumberField("leftovers_removed", report.leftoversRemoved());
      json.writeNumberField("quarantine_removed", report.quarantineRemoved());
      json.writeNumberField("other_files", report.otherFiles());
      json.writeNumberField("other_bytes", report.otherBytes());
      json.writeNumberField("failures", report.failures());
      json.writeArrayFieldStart("removed");
      for (Removed each : report.removed()) {
        json.writeStartObject();
        json.writeStringField("key", each.key().toHex());
        json.writeStringField("run_id", each.runId());
        json.writeNumberField("bytes", each.bytes());
        json.writeStringField("reason", reason(each));
        json.writeEndObject();
      }
      json.writeEndArray();
    }

    private String why() {
      StringJoiner why = new StringJoiner(", ", ": ", "").setEmptyValue("");
      if (report.pinnedBytes() > 0) {
        why.add(Quantities.size(report.pinnedBytes()) + " are pinned");
      }
      if (report.unreadableBytes() > 0) {
        why.add(Quantities.size(report.unreadableBytes()) + " cannot be read");
      }
      return why.toString();
    }

    private static String reason(Removed removed) {
      return Quantities.word(removed.reason());
    }

    private String budget() {
      return hasBudget ? Quantities.size(report.sizeBudgetBytes()) : "no budget";
    }
  }
}
