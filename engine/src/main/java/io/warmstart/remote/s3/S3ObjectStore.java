package io.warmstart.remote.s3;

import io.warmstart.model.Payload;
import io.warmstart.model.S3Address;
import io.warmstart.remote.store.ObjectStore;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/**
 * Objects of a bucket, below a prefix. An object is put by one request, on the condition that there
 * is none of its name; a server that ignores conditions is found out by {@code remote check}.
 *
 * <p>Nothing is asked before the first call. Each call has a deadline, over all of its body; an
 * answer that says "not now" is asked for again, a call without an answer is not: the caller looks
 * what came of it.
 */
final class S3ObjectStore implements ObjectStore {
  /** What one request may put: parts, for more, would stay if the process died between them. */
  private static final long MOST_BYTES = 5L << 30;

  private static final int PIECE_BYTES = 128 * 1024;
  private static final int MOST_ATTEMPTS = 4;
  private static final long FIRST_PAUSE_MILLIS = 50;

  /** For all but the bytes of an object. */
  private static final Duration FOR_ANSWER = Duration.ofSeconds(10);

  private static final Duration FOR_BODY = Duration.ofSeconds(30);

  /** What a body must come to, beyond that. */
  private static final long LEAST_BYTES_PER_SECOND = 1 << 20;

  private final S3Address address;
  private final Duration forAnswer;
  private final Duration forBody;
  private final String name;

  // Under the monitor.
  private @Nullable S3Client client;
  private boolean closed;

  S3ObjectStore(S3Address address) {
    this(address, FOR_ANSWER, FOR_BODY);
  }

  /**
   * For tests.
   *
   * @param forAnswer how long all but the bytes of an object may take
   * @param forBody how long an object may take, and more if it is large
   */
  S3ObjectStore(S3Address address, Duration forAnswer, Duration forBody) {
    this.address = address;
    this.forAnswer = forAnswer;
    this.forBody = forBody;
    this.name =
        S3Address.SCHEME
            + "://"
            + address.bucket()
            + "/"
            + address.prefix()
            + address.endpoint().map(each -> "?endpoint=" + each).orElse("");
  }

  @Override
  public String name() {
    return name;
  }

  /** A bucket has nothing that tells it from one that was made in its place. */
  @Override
  public String identity() {
    return name;
  }

  @Override
  public boolean isDistant() {
    return true;
  }

  @Override
  public long mostBytes() {
    return MOST_BYTES;
  }

  /** The SDK takes a second to load: nobody waits for it but the first that asks. */
  private synchronized S3Client client() throws IOException {
    if (closed) {
      throw new IOException("the remote was closed: remote=" + name);
    }
    if (client == null) {
      try {
        client = S3ClientFactory.make(address);
      } catch (SdkException e) {
        throw S3Answers.told(e, "no client can be made: remote=" + name, "");
      }
    }
    return client;
  }

  private static AwsRequestOverrideConfiguration within(Duration time) {
    return AwsRequestOverrideConfiguration.builder()
        .apiCallTimeout(time)
        .apiCallAttemptTimeout(time)
        .build();
  }

  private Duration forBody(long bytes) {
    return forBody.plusSeconds(bytes / LEAST_BYTES_PER_SECOND);
  }

  private interface Request<T> {
    T send(S3Client to) throws IOException;
  }

  /**
   * Asks, and asks again what was answered "not now".
   *
   * @param object its name; empty for the bucket
   */
  private <T> T ask(String verb, String object, Request<T> request) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return request.send(client());
      } catch (SdkException e) {
        if (attempt == MOST_ATTEMPTS || !S3Answers.isPassing(e)) {
          throw S3Answers.told(e, what(verb, object), object);
        }
        rest(attempt);
      } catch (UncheckedIOException e) {
        // What the SDK makes of a connection that is reset within an answer that it parses.
        throw S3Answers.told(
            SdkClientException.create(e.getMessage(), e.getCause()), what(verb, object), object);
      } catch (IllegalStateException e) {
        // Its client was closed meanwhile.
        throw new IOException(what(verb, object) + ": " + e.getMessage(), e);
      }
    }
  }

  private String what(String verb, String object) {
    return (object.isEmpty() ? verb : verb + " " + object) + " remote=" + name;
  }

  private void rest(int attempt) throws IOException {
    long most = FIRST_PAUSE_MILLIS << attempt;
    try {
      TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(most / 2, most + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted: remote=" + name, e);
    }
  }

  @Override
  public List<String> list(String prefix) throws IOException {
    List<String> names = new ArrayList<>();
    ListObjectsV2Request.Builder request =
        ListObjectsV2Request.builder()
            .bucket(address.bucket())
            .prefix(address.prefix() + prefix)
            .overrideConfiguration(within(forAnswer));
    String from = null;
    do {
      request.continuationToken(from);
      ListObjectsV2Response page = ask("list", "", to -> to.listObjectsV2(request.build()));
      if (page.isTruncated() == null && page.name() == null) {
        // To the SDK an answer that is cut off before its first byte is a listing of nothing.
        throw new EOFException(what("list", "") + ": the answer is no listing");
      }
      page.contents().forEach(each -> names.add(each.key().substring(address.prefix().length())));
      String next = page.nextContinuationToken();
      if (Boolean.TRUE.equals(page.isTruncated()) && (next == null || next.equals(from))) {
        throw new IOException(
            "a listing says that it goes on, and not where: remote=" + name + " at=" + from);
      }
      from = Boolean.TRUE.equals(page.isTruncated()) ? next : null;
    } while (from != null);
    return names;
  }

  @Override
  public void get(String object, Payload.Sink sink) throws IOException {
    GetObjectRequest request =
        GetObjectRequest.builder()
            .bucket(address.bucket())
            .key(address.prefix() + object)
            .overrideConfiguration(within(forAnswer))
            .build();
    ResponseInputStream<GetObjectResponse> body = ask("get", object, to -> to.getObject(request));
    boolean whole = false;
    try {
      pour(object, body, sink);
      whole = true;
    } finally {
      if (whole) {
        body.close();
      } else {
        // Closing would read the rest.
        body.abort();
      }
    }
  }

  /** A body that comes a byte at a time keeps no socket waiting, and nobody for ever. */
  private void pour(String object, ResponseInputStream<GetObjectResponse> body, Payload.Sink sink)
      throws IOException {
    Long told = body.response().contentLength();
    long length = told == null ? -1 : told;
    long began = System.nanoTime();
    long most = forBody(Math.max(length, 0)).toNanos();
    byte[] piece = new byte[length <= 0 ? PIECE_BYTES : (int) Math.min(length, PIECE_BYTES)];
    long got = 0;
    for (int count = body.read(piece); count >= 0; count = body.read(piece)) {
      sink.accept(piece, count);
      got += count;
      if (System.nanoTime() - began > most) {
        throw new SocketTimeoutException(
            what("get", object) + ": too slow: bytes=" + got + " of=" + length);
      }
    }
    if (length >= 0 && got != length) {
      throw new EOFException(what("get", object) + ": expected=" + length + " actual=" + got);
    }
  }

  @Override
  public boolean putIfAbsent(String object, Payload bytes) throws IOException {
    long length = bytes.length();
    PutObjectRequest request =
        PutObjectRequest.builder()
            .bucket(address.bucket())
            .key(address.prefix() + object)
            .ifNoneMatch("*")
            .overrideConfiguration(within(forBody(length)))
            .build();
    // Read once to be signed, and once to be sent, from where it lies.
    RequestBody body =
        RequestBody.fromContentProvider(bytes::stream, length, "application/octet-stream");
    try {
      return ask(
          "put",
          object,
          to -> {
            try {
              to.putObject(request, body);
              return true;
            } catch (SdkException e) {
              if (S3Answers.isTaken(e)) {
                return false;
              }
              throw e;
            }
          });
    } catch (IOException e) {
      if (S3Answers.isCutOff(e) && isThere(object, e)) {
        // The answer was lost; or it was "taken", and came before the body was read.
        return false;
      }
      throw e;
    }
  }

  private boolean isThere(String object, IOException failure) {
    try {
      return putAt(object).isPresent();
    } catch (IOException e) {
      failure.addSuppressed(e);
      return false;
    }
  }

  /** S3 does not tell whether there was one. */
  @Override
  public boolean delete(String object) throws IOException {
    DeleteObjectRequest request =
        DeleteObjectRequest.builder()
            .bucket(address.bucket())
            .key(address.prefix() + object)
            .overrideConfiguration(within(forAnswer))
            .build();
    return ask(
        "delete",
        object,
        to -> {
          try {
            to.deleteObject(request);
            return true;
          } catch (SdkException e) {
            if (S3Answers.isMissing(e)) {
              return false;
            }
            throw e;
          }
        });
  }

  @Override
  public Optional<Instant> putAt(String object) throws IOException {
    HeadObjectRequest request =
        HeadObjectRequest.builder()
            .bucket(address.bucket())
            .key(address.prefix() + object)
            .overrideConfiguration(within(forAnswer))
            .build();
    try {
      return Optional.of(ask("head", object, to -> to.headObject(request)).lastModified());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** None: an object that was not put whole was not put. */
  @Override
  public void removeLeftovers() {}

  @Override
  public void close() {
    S3Client left;
    synchronized (this) {
      closed = true;
      left = client;
      client = null;
    }
    if (left != null) {
      left.close();
    }
  }
}
