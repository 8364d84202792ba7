/**
 * A warm-start and checkpoint store on plain files, for many processes at once.
 *
 * <p>Run with {@code --add-exports java.base/jdk.internal.misc=org.agrona}, which Agrona needs.
 */
module io.warmstart {
  requires transitive chronicle.bytes;
  requires transitive org.agrona;
  requires static transitive org.jspecify;
  requires chronicle.core;
  requires com.fasterxml.jackson.core;
  requires java.logging;
  requires java.management;
  // Where it is there, a flight recording shows saves, lookups, sweeps and syncs.
  requires static jdk.jfr;
  // The command line's alone.
  requires static com.fasterxml.jackson.databind;
  requires static info.picocli;
  requires static me.tongfei.progressbar;
  // For io.warmstart.micrometer, whose users have it.
  requires static micrometer.core;
  // For remotes of s3, if somebody has added them.
  requires static software.amazon.awssdk.awscore;
  requires static software.amazon.awssdk.core;
  requires static software.amazon.awssdk.http;
  requires static software.amazon.awssdk.http.urlconnection;
  requires static software.amazon.awssdk.regions;
  requires static software.amazon.awssdk.retries.api;
  requires static software.amazon.awssdk.services.s3;
  requires static software.amazon.awssdk.utils;
  // For Chronicle: an automatic module names nothing that it needs.
  requires jdk.unsupported;
  requires org.slf4j;

  uses io.warmstart.remote.store.ObjectStoreProvider;

  provides io.warmstart.remote.store.ObjectStoreProvider with
      io.warmstart.remote.s3.S3Provider;

  exports io.warmstart;
  exports io.warmstart.micrometer;
  exports io.warmstart.model;

  opens io.warmstart.cli to
      com.fasterxml.jackson.databind,
      info.picocli;
}
