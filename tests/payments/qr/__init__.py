"""Tests of QR codes: parser, rules, schemes, judges, readers."""
