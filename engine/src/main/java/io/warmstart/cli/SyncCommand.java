package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import io.warmstart.model.SyncReport.Item;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compares a root with a remote. */
@Command(
    name = "sync",
    header = "Has a root and a remote have the same entries.",
    description = {
      "%nOf each run the latest version goes where it is not. In the remote nothing is overwritten:"
          + " each version has a name of its own, and takes the place of earlier ones of its run."
          + " The bucket or directory of the remote must exist. Exit code 1 if something could not go.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart sync /tmp/fits file:///cluster/fits",
      "  warmstart sync /tmp/fits file:///cluster/fits --pull --key text:digits",
      "  warmstart sync /tmp/fits s3://bucket/fits --dry-run"
    })
final class SyncCommand extends RootCommand {
  @Parameters(
      index = "1",
      paramLabel = "URL",
      converter = Arguments.RemoteArgument.class,
      description = "s3://BUCKET/PREFIX, file:///DIRECTORY, or a path.")
  RemoteOptions remote;

  @Option(order = 1, names = "--push", description = "Only from the root to the remote.")
  boolean push;

  @Option(order = 2, names = "--pull", description = "Only from the remote to the root.")
  boolean pull;

  @Option(
      order = 3,
      names = "--key",
      paramLabel = "KEY",
      converter = Arguments.KeyArgument.class,
      description = "Only this key; may be given again. Default: all.")
  List<KeyWord> words = List.of();

  @Mixin NamespaceOption namespaced;

  @Option(order = 4, names = "--dry-run", description = "Only tell what would go.")
  boolean dryRun;

  SyncCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    List<Fingerprint> keys = namespaced.keys(words);
    try (WarmStartStore store = openExisting()) {
      SyncReport report = store.sync(remote, direction(), keys, dryRun);
      output.answer(new Synced(remote, report));
      return report.problems().isEmpty() ? ExitCodes.DONE : ExitCodes.MISS_OR_PROBLEM;
    }
  }

  private SyncDirection direction() {
    if (push == pull) {
      return SyncDirection.BOTH;
    }
    return push ? SyncDirection.PUSH : SyncDirection.PULL;
  }

  private record Synced(RemoteOptions remote, SyncReport report) implements Answer {
    @Override
    public void writeText(Page page) {
      for (Item each : report.items()) {
        page.line(
            (report.dryRun() ? "would be " : "")
                + (each.toRemote() ? "pushed  " : "pulled  ")
                + each.key().toHex()
                + "  "
                + each.runId()
                + "  "
                + Quantities.size(each.bytes()));
      }
      report.problems().forEach(problem -> page.line("not done: " + problem));
      List<Page.Fact> facts = new ArrayList<>();
      facts.add(new Page.Fact("remote", remote.url().toString()));
      facts.add(new Page.Fact("keys compared", Long.toString(report.keys())));
      facts.add(new Page.Fact("pushed", Long.toString(report.count(true))));
      facts.add(new Page.Fact("pulled", Long.toString(report.count(false))));
      facts.add(new Page.Fact("not done", Integer.toString(report.problems().size())));
      page.facts(facts);
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("remote", remote.url().toString());
      json.writeBooleanField("dry_run", report.dryRun());
      json.writeNumberField("keys", report.keys());
      json.writeNumberField("pushed", report.count(true));
      json.writeNumberField("pulled", report.count(false));
      json.writeArrayFieldStart("items");
      for (Item each : report.items()) {
        json.writeStartObject();
        json.writeStringField("key", each.key().toHex());
        json.writeStringField("run_id", each.runId());
        json.writeNumberField("bytes", each.bytes());
        json.writeStringField("direction", each.toRemote() ? "push" : "pull");
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeArrayFieldStart("problems");
      for (String problem : report.problems()) {
        json.writeString(problem);
      }
      json.writeEndArray();
    }
  }
}
