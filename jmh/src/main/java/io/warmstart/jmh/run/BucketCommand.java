package io.warmstart.jmh.run;

import io.warmstart.Entry;
import io.warmstart.StoreOptions;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Acknowledgement;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Fingerprinter;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.S3Address;
import io.warmstart.stress.frame.Trees;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * What a remote in a bucket costs beside the plain SDK on the same server: a catch-up beside puts
 * of the same objects, a refresh and a resume that fetch beside a get of the same size, a save that
 * the remote acknowledges beside the same requests. Each pair in turns, and the median of them.
 */
@Command(
    name = "bucket",
    mixinStandardHelpOptions = true,
    description = {
      "Measures a remote in a bucket beside the plain AWS SDK, and removes what it has put there.",
      "Credentials are where the SDK looks for them."
    })
public final class BucketCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "URL", description = "s3://BUCKET/PREFIX?endpoint=URL")
  private URI url;

  @Option(names = "--entries", description = "Of a catch-up. Default: ${DEFAULT-VALUE}")
  private int entries = 1000;

  @Option(names = "--rounds", description = "Of each catch-up. Default: ${DEFAULT-VALUE}")
  private int rounds = 3;

  @Option(names = "--fetches", description = "Default: ${DEFAULT-VALUE}")
  private int fetches = 40;

  private static final int SMALL_BYTES = 4096;
  private static final int LARGE_BYTES = 1 << 20;
  private static final int HUGE_BYTES = 64 << 20;
  private static final int MOST_HUGE_FETCHES = 10;
  private static final long BUDGET_BYTES = 1L << 30;

  /** About as much as one has. */
  private static final int MANIFEST_BYTES = 320;

  private static final Duration LONG = Duration.ofMinutes(10);

  /** For the command line, which sets the parameters. */
  public BucketCommand() {}

  @Override
  public Integer call() throws Exception {
    Path work = Files.createTempDirectory("warmstart-bucket");
    S3Address address = S3Address.of(url);
    try (S3Client plain = client(address)) {
      try {
        catchUps(plain, address, work);
        fetches(plain, address, work, SMALL_BYTES, fetches);
        fetches(plain, address, work, LARGE_BYTES, fetches);
        fetches(plain, address, work, HUGE_BYTES, Math.min(fetches, MOST_HUGE_FETCHES));
        acknowledgedSaves(plain, address, work);
      } finally {
        for (S3Object each : objects(plain, address, "")) {
          plain.deleteObject(to -> to.bucket(address.bucket()).key(each.key()));
        }
      }
    } finally {
      Trees.remove(work);
    }
    return 0;
  }

  private static S3Client client(S3Address address) {
    S3ClientBuilder builder =
        S3Client.builder()
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .forcePathStyle(address.pathStyle())
            .region(Region.of(address.region().orElse("us-east-1")))
            .serviceConfiguration(
                S3Configuration.builder()
                    .chunkedEncodingEnabled(false)
                    .expectContinueEnabled(false)
                    .build());
    address.endpoint().ifPresent(builder::endpointOverride);
    return builder.build();
  }

  private static List<S3Object> objects(S3Client plain, S3Address address, String below) {
    return plain
        .listObjectsV2Paginator(to -> to.bucket(address.bucket()).prefix(address.prefix() + below))
        .contents()
        .stream()
        .toList();
  }

  /** The remote below one more part of the prefix. */
  private RemoteOptions remote(String below) {
    String text = url.toString();
    int query = text.indexOf('?');
    String place = query < 0 ? text : text.substring(0, query);
    String rest = query < 0 ? "" : text.substring(query);
    // Nothing happens in the background but what is measured.
    return RemoteOptions.of(URI.create(place.replaceAll("/$", "") + "/" + below + rest))
        .withPushInterval(Duration.ofHours(1))
        .withCheckInterval(Duration.ofHours(1))
        .withDeadline(LONG);
  }

  private static Fingerprint key(int number) {
    return new Fingerprinter().absorbString("bucket", "fit").absorbLong("number", number).finish();
  }

  private static byte[] payload(int bytes, long seed) {
    byte[] payload = new byte[bytes];
    new Random(seed).nextBytes(payload);
    return payload;
  }

  private void catchUps(S3Client plain, S3Address address, Path work) throws IOException {
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    // The first warms both up.
    for (int round = 0; round <= rounds; round++) {
      Path root = work.resolve("root" + round);
      try (WarmStartStore store = WarmStartStore.open(root)) {
        for (int entry = 0; entry < entries; entry++) {
          store.save(key(entry), payload(SMALL_BYTES, entry), EntryAttributes.checkpoint());
        }
        store.flush();
      }
      String below = "r" + UUID.randomUUID();
      long began = System.nanoTime();
      try (WarmStartStore store =
          WarmStartStore.open(root, StoreOptions.defaults().withRemote(remote(below)))) {
        if (!store.flushRemote(LONG)) {
          throw new IllegalStateException("not all went: " + store.remote());
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        if (round > 0) {
          ours.add(seconds);
        }
      }
      List<S3Object> put = objects(plain, address, below + "/");
      if (put.size() != 2 * entries) {
        throw new IllegalStateException(
            "objects: expected=" + 2 * entries + " actual=" + put.size());
      }
      String copy = address.prefix() + "p" + UUID.randomUUID() + "/";
      List<byte[]> bodies = put.stream().map(each -> payload(each.size().intValue(), 1)).toList();
      began = System.nanoTime();
      for (int each = 0; each < put.size(); each++) {
        String name = copy + each;
        plain.putObject(
            to -> to.bucket(address.bucket()).key(name).ifNoneMatch("*"),
            RequestBody.fromBytes(bodies.get(each)));
      }
      if (round > 0) {
        theirs.add((System.nanoTime() - began) / 1e9);
      }
    }
    System.out.printf(
        "catch-up of %d entries of %d bytes: %s s%n", entries, SMALL_BYTES, summary(ours));
    System.out.printf(
        "their %d objects put by the plain SDK: %s s%n", 2 * entries, summary(theirs));
  }

  private void fetches(S3Client plain, S3Address address, Path work, int bytes, int times) {
    StoreOptions options =
        StoreOptions.defaults()
            .withSizeBudgetBytes(BUDGET_BYTES)
            .withRemote(remote("f" + UUID.randomUUID()));
    List<Double> refreshes = new ArrayList<>();
    List<Double> resumes = new ArrayList<>();
    List<Double> gets = new ArrayList<>();
    String name = address.prefix() + "g" + UUID.randomUUID();
    plain.putObject(
        to -> to.bucket(address.bucket()).key(name), RequestBody.fromBytes(payload(bytes, 1)));
    try (WarmStartStore saver = WarmStartStore.open(work.resolve("saver" + bytes), options);
        WarmStartStore other = WarmStartStore.open(work.resolve("other" + bytes), options)) {
      for (int fetch = 0; fetch <= 2 * times; fetch++) {
        saver.saveOverwrite(
            key(0),
            "run",
            payload(bytes, fetch),
            EntryAttributes.checkpoint().withObjective(-fetch));
        if (!saver.flushRemote(LONG)) {
          throw new IllegalStateException("not there: " + saver.remote());
        }
        boolean resumed = fetch % 2 == 0;
        long began = System.nanoTime();
        if (resumed) {
          try (Entry entry = other.session(key(0)).resume().orElseThrow()) {
            if (entry.objective().orElseThrow() != -fetch) {
              throw new IllegalStateException("an older one");
            }
          }
        } else if (!other.refresh(key(0))) {
          throw new IllegalStateException("nothing came: " + other.remote());
        }
        double millis = (System.nanoTime() - began) / 1e6;
        began = System.nanoTime();
        plain.getObjectAsBytes(to -> to.bucket(address.bucket()).key(name));
        // The first warms both up.
        if (fetch > 0) {
          (resumed ? resumes : refreshes).add(millis);
          gets.add((System.nanoTime() - began) / 1e6);
        }
      }
    }
    System.out.printf("refresh that fetches %d bytes: %s ms%n", bytes, summary(refreshes));
    System.out.printf("resume that fetches %d bytes: %s ms%n", bytes, summary(resumes));
    System.out.printf("get of as many by the plain SDK: %s ms%n", summary(gets));
  }

  /** Saves that return once the remote has them, beside the requests that such a save makes. */
  private void acknowledgedSaves(S3Client plain, S3Address address, Path work) {
    StoreOptions options = StoreOptions.defaults().withRemote(remote("a" + UUID.randomUUID()));
    EntryAttributes attributes =
        EntryAttributes.checkpoint().withAcknowledgement(Acknowledgement.REMOTE);
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    String copy = address.prefix() + "b" + UUID.randomUUID() + "/";
    try (WarmStartStore store = WarmStartStore.open(work.resolve("acknowledged"), options)) {
      for (int save = 0; save <= fetches; save++) {
        byte[] payload = payload(SMALL_BYTES, save);
        long began = System.nanoTime();
        String runId = store.save(key(save), payload, attributes);
        double millis = (System.nanoTime() - began) / 1e6;
        if (store.acknowledgement(key(save), runId) != Acknowledgement.REMOTE) {
          throw new IllegalStateException("not acknowledged: " + store.remote());
        }
        String name = copy + save;
        began = System.nanoTime();
        plain.listObjectsV2(to -> to.bucket(address.bucket()).prefix(name + "/"));
        for (byte[] body : List.of(payload, new byte[MANIFEST_BYTES])) {
          plain.putObject(
              to -> to.bucket(address.bucket()).key(name + "/" + body.length).ifNoneMatch("*"),
              RequestBody.fromBytes(body));
        }
        if (save > 0) {
          ours.add(millis);
          theirs.add((System.nanoTime() - began) / 1e6);
        }
      }
    }
    System.out.printf(
        "save of %d bytes that the remote acknowledges: %s ms%n", SMALL_BYTES, summary(ours));
    System.out.printf("listing and two puts by the plain SDK: %s ms%n", summary(theirs));
  }

  /** The median, and between what all lie. */
  private static String summary(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return String.format(
        "%.2f (%.2f to %.2f)", sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1]);
  }
}
