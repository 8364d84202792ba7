package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RestoreReport;
import io.warmstart.model.RestoreReport.Item;
import io.warmstart.model.RestoreReport.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Brings back what lies in quarantine. */
@Command(
    name = "restore",
    header = "Brings back from quarantine what is whole.",
    description = {
      "%nAn entry whose manifest and payload fit goes back to its key, with the written stamp that"
          + " it had; what is not whole stays, and no entry that is in place is replaced. Other"
          + " processes may go on working. Exit code 1 if something stays that was not only listed,"
          + " or if nothing of the KEYs lies there.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart restore /tmp/fits --list",
      "  warmstart restore /tmp/fits text:digits"
    })
final class RestoreCommand extends RootCommand {
  @Parameters(
      index = "1",
      arity = "0..*",
      paramLabel = "KEY",
      converter = Arguments.KeyArgument.class,
      description = "64 lowercase hex digits, or text:NAME; all if none is given.")
  List<KeyWord> words = new ArrayList<>();

  @Mixin NamespaceOption namespaced;

  @Option(
      order = 1,
      names = "--list",
      description = "Tell what lies there, why, and what would come back; change nothing.")
  boolean list;

  RestoreCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    List<Fingerprint> keys = namespaced.keys(words);
    try (WarmStartStore store = list ? openForLooking() : openExisting()) {
      RestoreReport report = list ? store.quarantined(keys) : store.restore(keys);
      output.answer(new Found(store.root(), report, list));
      boolean missed = !keys.isEmpty() && report.items().isEmpty();
      return missed || (!list && !report.complete()) ? ExitCodes.MISS_OR_PROBLEM : ExitCodes.DONE;
    }
  }

  private static String word(Outcome outcome) {
    return outcome.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** What a user can do about what stays. */
  private static String next(Outcome outcome) {
    return switch (outcome) {
      case RESTORED -> "nothing: it has come back";
      case RESTORABLE -> "run restore without --list";
      case IN_PLACE -> "nothing; to have this one, move the entry in place away, then restore";
      case BEING_WRITTEN -> "run restore again in a minute";
      case NOT_WHOLE -> "nothing, unless its other half turns up; sweeps remove it for room";
      case UNKNOWN -> "look at it by hand";
      case FAILED -> "see who may read and write it and whether the device is sound, then again";
    };
  }

  private record Found(Path root, RestoreReport report, boolean list) implements Answer {
    @Override
    public void writeText(Page page) {
      for (Item item : report.items()) {
        page.line(word(item.outcome()));
        page.facts(facts(item));
        page.line("");
      }
      Path quarantine = root.resolve(".warmstart/quarantine");
      if (report.items().isEmpty()) {
        page.line("nothing to restore lies in " + quarantine);
        return;
      }
      long restorable =
          report.items().stream().filter(each -> each.outcome() == Outcome.RESTORABLE).count();
      long stay = report.items().stream().filter(Item::stays).count();
      page.line(
          (list
                  ? Quantities.count(restorable, "entry", "entries") + " can be restored, "
                  : Quantities.count(report.restored(), "entry", "entries") + " restored, ")
              + Quantities.count(stay, "item stays", "items stay")
              + " in "
              + quarantine);
    }

    private static List<Page.Fact> facts(Item item) {
      List<Page.Fact> facts = new ArrayList<>();
      item.key().ifPresent(key -> facts.add(new Page.Fact("  key", key.toHex())));
      if (!item.runId().isEmpty()) {
        facts.add(new Page.Fact("  run id", item.runId()));
      }
      if (item.payloadBytes() >= 0) {
        facts.add(new Page.Fact("  payload", Quantities.size(item.payloadBytes())));
      }
      if (!item.reason().isEmpty()) {
        facts.add(new Page.Fact("  quarantined", item.reason()));
      }
      if (!item.detail().isEmpty()) {
        facts.add(new Page.Fact("  found", item.detail()));
      }
      if (item.outcome() != Outcome.RESTORED) {
        item.files().forEach(file -> facts.add(new Page.Fact("  file", file)));
      }
      facts.add(new Page.Fact("  next", next(item.outcome())));
      return facts;
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("root", root.toString());
      json.writeBooleanField("list", list);
      json.writeNumberField("restored", report.restored());
      json.writeArrayFieldStart("items");
      for (Item item : report.items()) {
        json.writeStartObject();
        if (item.key().isPresent()) {
          json.writeStringField("key", item.key().get().toHex());
        } else {
          json.writeNullField("key");
        }
        json.writeStringField("run_id", item.runId().isEmpty() ? null : item.runId());
        json.writeStringField("outcome", item.outcome().name().toLowerCase(Locale.ROOT));
        json.writeStringField("detail", item.detail());
        json.writeStringField("reason", item.reason());
        if (item.payloadBytes() < 0) {
          json.writeNullField("payload_bytes");
        } else {
          json.writeNumberField("payload_bytes", item.payloadBytes());
        }
        json.writeArrayFieldStart("files");
        for (String file : item.files()) {
          json.writeString(file);
        }
        json.writeEndArray();
        json.writeStringField("next", next(item.outcome()));
        json.writeEndObject();
      }
      json.writeEndArray();
    }
  }
}
