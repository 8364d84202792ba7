package io.warmstart.stress.cv;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.warmstart.WarmStartStore;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.VerifyReport;
import io.warmstart.stress.Main;
import io.warmstart.stress.cv.plot.SvgPlot;
import io.warmstart.stress.cv.work.CrossValidation;
import io.warmstart.stress.cv.work.CvSpec;
import io.warmstart.stress.cv.work.FitTask;
import io.warmstart.stress.fork.JavaCommand;
import io.warmstart.stress.report.Host;
import io.warmstart.stress.report.SourceTree;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs the cross-validation, or what is left of it. */
@Command(
    name = "cv",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Cross-validates multinomial elastic-net logistic regression on the digits data, in several"
          + " worker processes on one store root.",
      "Run it again and it finds everything done; kill it, or any worker, and the next run goes"
          + " on from the last checkpoints.",
      "Exit status: 0 done, 1 a problem found, 2 wrong use, 3 an error."
    })
public final class CvCommand implements Callable<Integer> {
  private static final int DONE = 0;
  private static final int PROBLEM = 1;

  @Mixin private SpecOptions options;
  @Spec private CommandSpec commandSpec;

  @Option(
      names = "--workers",
      paramLabel = "N",
      defaultValue = "2",
      description = "Worker processes, at least 1 (default: ${DEFAULT-VALUE}).")
  private int workers;

  @Option(
      names = "--kill",
      paramLabel = "N",
      defaultValue = "0",
      description = "Kill N workers with SIGKILL at random moments (default: ${DEFAULT-VALUE}).")
  private int kills;

  @Option(
      names = "--kill-seed",
      paramLabel = "N",
      description = "Seed of those moments (default: another one each time; it is printed).")
  private @Nullable Long killSeed;

  @Option(
      names = "--fresh",
      description = "Remove this cross-validation's own entries first; no others are touched.")
  private boolean fresh;

  @Option(
      names = "--reference",
      paramLabel = "FILE",
      description =
          "Compare with the results of another run, to the last bit (default: of the run before"
              + " on this root, if it had the same options).")
  private @Nullable Path reference;

  @Option(names = "--json", description = "Print one JSON document instead of text.")
  private boolean json;

  private final JsonMapper mapper =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  @Override
  public Integer call() throws IOException, InterruptedException {
    requireAtLeast(1, "--workers", workers);
    requireAtLeast(0, "--kill", kills);
    requireUsableRemote();
    CrossValidation problem = new CrossValidation(options.spec());
    RunFiles files = files();
    Path expectedFile = reference != null ? reference : files.results();
    CvResults expected = expected(problem.spec(), expectedFile);
    if (options.root.equals(SpecOptions.DEFAULT_ROOT)) {
      Files.createDirectories(options.root.resolveSibling("."));
    }
    if (fresh) {
      OwnEntries.remove(options.root, problem);
    }
    // Opened before any worker starts: a root that cannot be used is refused here, in one line.
    try (WarmStartStore store = WarmStartStore.open(options.root, options.storeOptions())) {
      RunTally tally = work(problem.spec());
      CvTable table = CvTable.of(problem, tally.outcomes());
      CvResults results = CvResults.of(problem.spec(), table, tally.outcomes());
      CvResults.Comparison comparison = expected == null ? null : results.compareWith(expected);
      if (comparison == null || comparison.agrees()) {
        RunFiles.write(files.results(), results.toJson(mapper));
      }
      RunFiles.write(files.plot(), plot(problem.spec(), table));
      boolean wrote = tally.saves().getTotalCount() > 0;
      // A worker that was killed in a save leaves staged files. They harm nothing, and the next
      // sweep would remove them; here it comes before the check, so that the check can be strict.
      EvictionReport sweep = wrote ? store.evictOverflow() : null;
      VerifyReport verification = wrote ? store.verify() : null;
      CvReport.Evidence evidence =
          new CvReport.Evidence(
              store.inspect(),
              store.stats(),
              sweep,
              verification,
              expected == null ? null : expectedFile,
              comparison);
      CvReport report = CvReport.of(options.root, problem.spec(), tally, kills, table, evidence);
      print(report, problem, files);
      return report.problem() ? PROBLEM : DONE;
    }
  }

  private void requireUsableRemote() {
    if (options.remote == null) {
      return;
    }
    if (fresh) {
      throw new ParameterException(
          commandSpec.commandLine(), "--fresh: expected=without --remote, which has them still");
    }
    try {
      options.storeOptions();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          commandSpec.commandLine(), "--remote: " + String.valueOf(e.getMessage()), e);
    }
  }

  private RunTally work(CvSpec spec) throws InterruptedException {
    PrintStream out = System.err;
    long seed = killSeed != null ? killSeed : System.nanoTime();
    if (kills > 0) {
      out.println("killing " + kills + " workers at moments of --kill-seed " + seed);
    }
    KillPlan plan = new KillPlan(kills, spec.fits(), seed);
    Thread farewell =
        new Thread(
            () -> {
              out.println();
              out.println("interrupted: the same command goes on from the last checkpoints");
            });
    Runtime.getRuntime().addShutdownHook(farewell);
    try (RunProgress progress = RunProgress.on(out, spec.fits());
        Coordinator coordinator = new Coordinator(spec, workers, workerCommand(), plan, progress)) {
      return coordinator.run();
    } finally {
      forget(farewell);
    }
  }

  private static void forget(Thread shutdownHook) {
    try {
      Runtime.getRuntime().removeShutdownHook(shutdownHook);
    } catch (IllegalStateException e) {
      // The hook is running already.
    }
  }

  private void print(CvReport report, CrossValidation problem, RunFiles files) throws IOException {
    PrintWriter out = commandSpec.commandLine().getOut();
    if (json) {
      out.println(mapper.writeValueAsString(report));
      return;
    }
    new ReportText(out).print(report);
    FitTask chosen = new FitTask(problem.spec().folds(), report.table().chosen());
    out.println("results     " + files.results());
    out.println("plot        " + files.plot());
    out.println();
    out.println("Try next:");
    out.println("  the same command again: everything is found finished, in seconds");
    out.println(
        "  the same with --kill 3 --fresh: workers die, and not one bit of the result changes");
    out.println("  java -jar engine/target/warmstart.jar stat " + options.root);
    out.println("  java -jar engine/target/warmstart.jar verify " + options.root);
    out.println(
        "  java -jar engine/target/warmstart.jar explain "
            + options.root
            + " "
            + problem.key(chosen).toHex()
            + "   (the chosen fit to all rows)");
  }

  // Results of other options under the same name are not comparable, unless that was asked for.
  private @Nullable CvResults expected(CvSpec spec, Path file) throws IOException {
    if (reference == null && !Files.exists(file)) {
      return null;
    }
    CvResults results = CvResults.read(file, mapper);
    if (results.spec().equals(spec)) {
      return results;
    }
    if (reference != null) {
      throw new ParameterException(
          commandSpec.commandLine(),
          "--reference: other options: expected=%s actual=%s file=%s"
              .formatted(spec, results.spec(), file));
    }
    return null;
  }

  private RunFiles files() {
    try {
      return RunFiles.beside(options.root);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(commandSpec.commandLine(), "--root: " + e.getMessage(), e);
    }
  }

  private static byte[] plot(CvSpec spec, CvTable table) throws IOException, InterruptedException {
    Host host = Host.ofThisMachine();
    String commit = SourceTree.commit().map(" · commit "::concat).orElse("");
    List<String> about =
        List.of(
            spec.line() + "; multinomial elastic-net logistic regression on the digits",
            "%s · %s · %d processors%s"
                .formatted(host.finished(), host.system(), host.processors(), commit),
            host.jvm());
    return SvgPlot.document(table.curve(), about).getBytes(StandardCharsets.UTF_8);
  }

  private List<String> workerCommand() {
    List<String> arguments = new ArrayList<>();
    arguments.add(WorkerCommand.NAME);
    arguments.addAll(options.toOptions());
    return JavaCommand.of(Main.class, arguments);
  }

  private void requireAtLeast(int least, String option, int actual) {
    if (actual < least) {
      throw new ParameterException(
          commandSpec.commandLine(),
          "%s: expected=at least %d actual=%d".formatted(option, least, actual));
    }
  }
}
