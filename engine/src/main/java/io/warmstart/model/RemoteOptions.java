package io.warmstart.model;

import java.net.URI;
import java.time.Duration;

/**
 * A second home of a root's entries that other machines have too, and how it is used. Immutable;
 * each {@code with} method returns a changed copy.
 */
public final class RemoteOptions {
  /** 30 seconds. */
  public static final Duration DEFAULT_PUSH_INTERVAL = Duration.ofSeconds(30);

  /** 30 seconds. */
  public static final Duration DEFAULT_CHECK_INTERVAL = Duration.ofSeconds(30);

  /** 2 seconds. */
  public static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(2);

  /** 10 seconds. */
  public static final Duration DEFAULT_FLUSH_WAIT = Duration.ofSeconds(10);

  private static final Duration SHORTEST = Duration.ofMillis(10);

  /** In nanoseconds no more than a third of what a long takes. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private final URI url;
  private final boolean readOnly;
  private final Duration pushInterval;
  private final Duration checkInterval;
  private final Duration deadline;
  private final Duration flushWait;

  private RemoteOptions(
      URI url,
      boolean readOnly,
      Duration pushInterval,
      Duration checkInterval,
      Duration deadline,
      Duration flushWait) {
    this.url = url;
    this.readOnly = readOnly;
    this.pushInterval = pushInterval;
    this.checkInterval = checkInterval;
    this.deadline = deadline;
    this.flushWait = flushWait;
  }

  /**
   * A remote with the default intervals, to be read and written.
   *
   * @param url {@code file:///a/directory} that exists: what the machines of a cluster mount; or
   *     {@code s3://bucket/prefix}, see {@link S3Address}, which needs two jars more: opening a
   *     store says which if they are missing. No other kind is supported
   * @return the options
   * @throws IllegalArgumentException if it is of no supported kind
   */
  public static RemoteOptions of(URI url) {
    if (S3Address.SCHEME.equals(url.getScheme())) {
      S3Address.of(url);
    } else if (!"file".equals(url.getScheme())
        || url.getPath() == null
        || url.getQuery() != null
        || url.getFragment() != null
        || (url.getAuthority() != null && !url.getAuthority().isEmpty())) {
      throw new IllegalArgumentException(
          "remote: expected=file:///DIRECTORY or s3://BUCKET/PREFIX actual="
              + S3Address.shown(url.toString()));
    }
    return new RemoteOptions(
        url,
        false,
        DEFAULT_PUSH_INTERVAL,
        DEFAULT_CHECK_INTERVAL,
        DEFAULT_DEADLINE,
        DEFAULT_FLUSH_WAIT);
  }

  /**
   * Whether entries only come from it: nothing is ever put there or removed.
   *
   * @param only true for a remote that is not written to
   * @return these options, changed
   */
  public RemoteOptions withReadOnly(boolean only) {
    return new RemoteOptions(url, only, pushInterval, checkInterval, deadline, flushWait);
  }

  /**
   * How long what was saved may wait before it goes there. Of a run that is overwritten meanwhile
   * the latest version goes.
   *
   * @param interval at least 10 ms; more than 100 years count as those
   * @return these options, changed
   */
  public RemoteOptions withPushInterval(Duration interval) {
    return new RemoteOptions(url, readOnly, atLeast(interval), checkInterval, deadline, flushWait);
  }

  /**
   * For how long a key for which the remote had nothing better is not asked for again, and how
   * often keys in use are asked for in the background.
   *
   * @param interval at least 10 ms; more than 100 years count as those
   * @return these options, changed
   */
  public RemoteOptions withCheckInterval(Duration interval) {
    return new RemoteOptions(url, readOnly, pushInterval, atLeast(interval), deadline, flushWait);
  }

  /**
   * How long a lookup that misses, or a session that resumes, waits for the remote at most.
   *
   * @param most at least 10 ms; more than 100 years count as those
   * @return these options, changed
   */
  public RemoteOptions withDeadline(Duration most) {
    return new RemoteOptions(url, readOnly, pushInterval, checkInterval, atLeast(most), flushWait);
  }

  /**
   * How long a session that completes, and a store that closes, wait at most for what was saved to
   * be there; and how long a claim waits for an answer.
   *
   * @param most at least 10 ms; more than 100 years count as those
   * @return these options, changed
   */
  public RemoteOptions withFlushWait(Duration most) {
    return new RemoteOptions(url, readOnly, pushInterval, checkInterval, deadline, atLeast(most));
  }

  private static Duration atLeast(Duration duration) {
    if (duration.compareTo(SHORTEST) < 0) {
      throw new IllegalArgumentException("duration: expected>=10 ms actual=" + duration);
    }
    return duration.compareTo(LONGEST) > 0 ? LONGEST : duration;
  }

  /** {@return where it is} */
  public URI url() {
    return url;
  }

  /** {@return whether entries only come from it} */
  public boolean readOnly() {
    return readOnly;
  }

  /** {@return how long what was saved may wait before it goes there} */
  public Duration pushInterval() {
    return pushInterval;
  }

  /** {@return for how long a key is not asked for again} */
  public Duration checkInterval() {
    return checkInterval;
  }

  /** {@return how long a lookup waits at most} */
  public Duration deadline() {
    return deadline;
  }

  /** {@return how long a session that completes and a store that closes wait at most} */
  public Duration flushWait() {
    return flushWait;
  }
}
