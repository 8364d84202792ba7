/** What is made of results: the file, estimates with errors, tables, pages, comparisons. */
@NullMarked
package io.warmstart.jmh.report;

import org.jspecify.annotations.NullMarked;
