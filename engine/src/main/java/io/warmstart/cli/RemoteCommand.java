package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.RemoteUpkeep;
import io.warmstart.model.RemoteCheck;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.RemoteSweepReport;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The upkeep of a remote. */
@Command(
    name = "remote",
    header = "Checks a remote, sweeps it, or prints a rule for its bucket.",
    description = {
      "%ncheck: makes an object of a random name there, tries to make it again, which must be refused,"
          + " lists it, reads it and removes it. Exit code 1 if the remote does not do what it must.",
      "lifecycle: prints a lifecycle rule for the bucket, by which the server itself removes what"
          + " was put more than --days ago; asks nothing. Without a prefix it concerns all of the"
          + " bucket, and to set it may replace the bucket's other rules.",
      "sweep: removes versions that a later one of their run has superseded, and payloads that have"
          + " lain there for a day without a manifest, and claims that later ones have followed."
          + " Entries stay, however old.",
      "None needs a root; --ttl and --budget change nothing here.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart remote check file:///cluster/fits",
      "  warmstart remote lifecycle s3://bucket/fits --days 30",
      "  warmstart remote sweep file:///cluster/fits --dry-run"
    })
final class RemoteCommand implements Callable<Integer> {
  @Mixin CommonOptions common;

  @Parameters(
      index = "0",
      paramLabel = "ACTION",
      converter = Arguments.RemoteActionArgument.class,
      description = "check, lifecycle or sweep.")
  RemoteAction action;

  @Parameters(
      index = "1",
      paramLabel = "URL",
      converter = Arguments.RemoteArgument.class,
      description = "s3://BUCKET/PREFIX, file:///DIRECTORY, or a path.")
  RemoteOptions remote;

  @Option(
      order = 1,
      names = "--days",
      paramLabel = "N",
      converter = Arguments.DaysArgument.class,
      description = "Of lifecycle: how long what was put stays. Without it nothing expires.")
  @Nullable Integer days;

  @Option(order = 2, names = "--dry-run", description = "Of sweep: only tell what would go.")
  boolean dryRun;

  @Spec CommandSpec spec;

  private final Streams streams;

  RemoteCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() {
    if (days != null && action != RemoteAction.LIFECYCLE) {
      throw new ParameterException(spec.commandLine(), "--days: expected=with lifecycle alone");
    }
    if (dryRun && action != RemoteAction.SWEEP) {
      throw new ParameterException(spec.commandLine(), "--dry-run: expected=with sweep alone");
    }
    Output output = new Output(streams, common.json);
    return switch (action) {
      case CHECK -> check(output);
      case SWEEP -> {
        output.answer(new Swept(RemoteUpkeep.sweep(remote, dryRun)));
        yield ExitCodes.DONE;
      }
      case LIFECYCLE -> {
        output.raw(lifecycle());
        yield ExitCodes.DONE;
      }
    };
  }

  private int check(Output output) {
    RemoteCheck check = RemoteUpkeep.check(remote);
    output.answer(new Checked(check));
    return check.passed() ? ExitCodes.DONE : ExitCodes.MISS_OR_PROBLEM;
  }

  private String lifecycle() {
    try {
      return LifecycleRule.of(remote.url(), days);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private record Checked(RemoteCheck check) implements Answer {
    @Override
    public void writeText(Page page) {
      page.line(check.remote());
      for (RemoteCheck.Step each : check.steps()) {
        page.line((each.passed() ? "ok      " : "FAILED  ") + each.what());
        if (!each.found().isEmpty()) {
          page.line("        " + each.found());
        }
      }
      page.line(check.passed() ? "It may be used as a remote." : "DO NOT USE IT as a remote.");
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("remote", check.remote());
      json.writeBooleanField("passed", check.passed());
      json.writeArrayFieldStart("steps");
      for (RemoteCheck.Step each : check.steps()) {
        json.writeStartObject();
        json.writeStringField("what", each.what());
        json.writeBooleanField("passed", each.passed());
        json.writeStringField("found", each.found());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
  }

  private record Swept(RemoteSweepReport report) implements Answer {
    @Override
    public void writeText(Page page) {
      String verb = report.dryRun() ? "would be removed  " : "removed  ";
      Stream.of(report.superseded(), report.abandoned(), report.claims())
          .flatMap(List::stream)
          .forEach(each -> page.line(verb + each));
      page.facts(
          List.of(
              new Page.Fact("objects before", Long.toString(report.objects())),
              new Page.Fact("superseded", Integer.toString(report.superseded().size())),
              new Page.Fact("without manifest", Integer.toString(report.abandoned().size())),
              new Page.Fact("followed claims", Integer.toString(report.claims().size()))));
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeBooleanField("dry_run", report.dryRun());
      json.writeNumberField("objects", report.objects());
      write(json, "superseded", report.superseded());
      write(json, "without_manifest", report.abandoned());
      write(json, "claims", report.claims());
    }

    private static void write(JsonGenerator json, String field, List<String> names)
        throws IOException {
      json.writeArrayFieldStart(field);
      for (String each : names) {
        json.writeString(each);
      }
      json.writeEndArray();
    }
  }
}
