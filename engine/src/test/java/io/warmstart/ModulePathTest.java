package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A modular program finds the store as a module, sees its public packages, and no other. */
@Tag("slow")
class ModulePathTest {
  private static final String DESCRIPTOR = "META-INF/versions/17/module-info.class";

  private static final String PROGRAM =
      """
      package app;

      import io.warmstart.Entry;
      import io.warmstart.WarmStartStore;
      import io.warmstart.model.EntryAttributes;
      import io.warmstart.model.Fingerprinter;
      import io.warmstart.model.Fingerprint;
      import io.warmstart.model.Payload;
      import java.nio.file.Path;

      public class Main {
        public static void main(String[] args) {
          try (WarmStartStore store = WarmStartStore.open(Path.of(args[0]))) {
            Fingerprint key = new Fingerprinter().absorbString("test", "modules").finish();
            store.save(key, Payload.of(new byte[] {1, 2, 3}), EntryAttributes.checkpoint());
            for (int look = 0; look < 2; look++) {
              try (Entry entry = store.lookup(key).orElseThrow()) {
                System.out.println(
                    entry.payload().capacity() + " " + entry.bytes().readRemaining());
              }
            }
            System.out.println(store.verify().clean() + " " + store.getClass().getModule());
          }
        }
      }
      """;

  private static final String WITH_METRICS =
      """
      package app;

      import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
      import io.warmstart.WarmStartStore;
      import io.warmstart.micrometer.StoreMetrics;
      import io.warmstart.model.EntryAttributes;
      import io.warmstart.model.Fingerprinter;
      import java.nio.file.Path;

      public class Main {
        public static void main(String[] args) {
          SimpleMeterRegistry registry = new SimpleMeterRegistry();
          try (WarmStartStore store = WarmStartStore.open(Path.of(args[0]))) {
            new StoreMetrics(store).bindTo(registry);
            store.save(
                new Fingerprinter().absorbString("test", "modules").finish(),
                new byte[] {1, 2, 3},
                EntryAttributes.checkpoint());
            System.out.println(registry.get("warmstart.saves").functionCounter().count());
          }
        }
      }
      """;

  private static final String WITH_A_BUCKET =
      """
      package app;

      import io.warmstart.StoreOptions;
      import io.warmstart.WarmStartStore;
      import io.warmstart.model.EntryAttributes;
      import io.warmstart.model.Fingerprinter;
      import io.warmstart.model.Payload;
      import io.warmstart.model.RemoteOptions;
      import java.net.URI;
      import java.nio.file.Path;
      import java.time.Duration;

      public class Main {
        public static void main(String[] args) {
          RemoteOptions bucket = RemoteOptions.of(URI.create(args[1]));
          StoreOptions options = StoreOptions.defaults().withRemote(bucket);
          try (WarmStartStore store = WarmStartStore.open(Path.of(args[0]), options)) {
            store.save(
                new Fingerprinter().absorbString("test", "modules").finish(),
                Payload.of(new byte[] {1, 2, 3}),
                EntryAttributes.checkpoint());
            store.flushRemote(Duration.ofSeconds(30));
            System.out.println(store.remote().orElseThrow().lastFailure().orElseThrow());
          }
        }
      }
      """;

  @TempDir Path work;

  private static List<Path> classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Path::of)
        .toList();
  }

  /** The store as it is published; built from its classes where the tests run on these. */
  private Path module() throws Exception {
    Path classes =
        Path.of(
            Objects.requireNonNull(
                WarmStartStore.class.getProtectionDomain().getCodeSource().getLocation().toURI()));
    if (Files.isRegularFile(classes)) {
      try (JarFile jar = new JarFile(classes.toFile())) {
        assumeTrue(jar.getEntry(DESCRIPTOR) != null, "the jar was built without its descriptor");
      }
      return classes;
    }
    assumeTrue(
        Files.exists(classes.resolve(DESCRIPTOR)), "only Maven compiles the module's descriptor");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MULTI_RELEASE, "true");
    Path jar = work.resolve("warmstart.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest);
        Stream<Path> all = Files.walk(classes)) {
      for (Path each : all.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(
            new JarEntry(classes.relativize(each).toString().replace(File.separatorChar, '/')));
        Files.copy(each, out);
      }
    }
    return jar;
  }

  /** What the store requires, out of the class path of the tests. */
  private static List<Path> dependencies() {
    List<String> names = List.of("agrona-", "chronicle-", "jackson-core-", "jspecify-", "slf4j-");
    return classPath().stream()
        .filter(each -> names.stream().anyMatch(String.valueOf(each.getFileName())::startsWith))
        .toList();
  }

  private String modulePath(Path module, Path... more) {
    List<String> paths = new ArrayList<>();
    dependencies().forEach(each -> paths.add(each.toString()));
    paths.add(module.toString());
    Stream.of(more).forEach(each -> paths.add(each.toString()));
    return String.join(File.pathSeparator, paths);
  }

  /** Compiles a module {@code app}; returns what the compiler says against it. */
  private String compile(Path module, String required, String program, Path target, Path... more)
      throws IOException {
    Path sources = Files.createDirectories(target.resolveSibling(target.getFileName() + "-src"));
    Files.createDirectories(sources.resolve("app"));
    Path descriptor =
        Files.writeString(
            sources.resolve("module-info.java"),
            "module app { requires io.warmstart; " + required + "}");
    Path main = Files.writeString(sources.resolve("app/Main.java"), program);
    JavaCompiler compiler = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler());
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    compiler.run(
        null,
        said,
        said,
        "-d",
        target.toString(),
        "--module-path",
        modulePath(module, more),
        descriptor.toString(),
        main.toString());
    return said.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aModularProgramSavesAndLooksUp() throws Exception {
    assertEquals(
        List.of("3 3", "3 3", "true module io.warmstart"), run("", PROGRAM, "").lines().toList());
  }

  /** Micrometer as modules, too, which the program requires by itself. */
  @Test
  void aModularProgramMayBindItsMetrics() throws Exception {
    Path[] micrometer =
        classPath().stream()
            .filter(each -> each.toString().matches(".*(micrometer|HdrHistogram).*jar"))
            .toArray(Path[]::new);
    assertTrue(micrometer.length > 2, () -> "jars: " + micrometer.length);

    assertEquals("1.0\n", run("requires micrometer.core;", WITH_METRICS, "", micrometer));
  }

  /** The AWS SDK as modules, too; a server that has no such bucket. */
  @Test
  void aModularProgramMayHaveABucket() throws Exception {
    Path[] sdk =
        classPath().stream()
            .filter(each -> each.toString().matches(".*(awssdk|reactive-streams).*jar"))
            .toArray(Path[]::new);
    assertTrue(sdk.length > 20, () -> "jars: " + sdk.length);
    byte[] answer = "<Error><Code>NoSuchBucket</Code></Error>".getBytes(StandardCharsets.UTF_8);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(404, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.start();
    try {
      int port = server.getAddress().getPort();
      String address = "s3://bucket/fits?endpoint=http://127.0.0.1:" + port;
      assertTrue(run("", WITH_A_BUCKET, address, sdk).contains("404 NoSuchBucket"));
    } finally {
      server.stop(0);
    }
  }

  /** Compiles a program and runs it as a module; returns what it prints. */
  private String run(String required, String program, String argument, Path... more)
      throws Exception {
    Path module = module();
    Path app = work.resolve("app");
    assertEquals("", compile(module, required, program, app, more));
    Path[] all = Arrays.copyOf(more, more.length + 1);
    all[more.length] = app;

    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                Readme.quoted("--add-exports=\\S+=org\\.agrona"),
                "--module-path",
                modulePath(module, all),
                "--module",
                "app/app.Main",
                work.resolve("root").toString(),
                argument)
            .redirectError(work.resolve("stderr").toFile());
    builder.environment().putAll(Map.of("AWS_ACCESS_KEY_ID", "a", "AWS_SECRET_ACCESS_KEY", "s"));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertEquals(0, process.waitFor(), () -> output + readStderr());
    return output;
  }

  private String readStderr() {
    try {
      return Files.readString(work.resolve("stderr"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void whatIsNotPublicCannotBeCompiledAgainst() throws Exception {
    String said =
        compile(
            module(),
            "",
            "package app; public class Main { io.warmstart.index.table.EntryFacts facts; }",
            work.resolve("intruder"));

    assertEquals(
        1,
        said.lines()
            .filter(line -> line.contains("io.warmstart.index.table is not visible"))
            .count());
  }
}
