# `make run` and `make test` set up all they need; `make` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help setup run whatsapp-demo test train lint bench evaluate lock widget
export RASA_TELEMETRY_ENABLED = false
export SQLALCHEMY_SILENCE_UBER_WARNING = 1
BIN := .venv/bin

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup:
	@python3 scripts/setup.py

run: setup ## set up, train if needed, and run everything on http://127.0.0.1:8000
	@$(BIN)/clinicbot run

whatsapp-demo: setup ## the same with a simulated WhatsApp on http://127.0.0.1:8001
	@$(BIN)/clinicbot whatsapp-demo

test: setup ## set up and run all checks and tests
	@scripts/test

train: setup ## train a model from data/
	@$(BIN)/clinicbot train

lint: setup ## check the content
	@$(BIN)/clinicbot faq lint

evaluate: setup ## right answers on the test sets, through the whole stack
	@$(BIN)/python -m bench.evaluate

bench: setup ## compare with a stock Rasa project, side by side
	@$(BIN)/python -m bench.compare

widget: ## build the widget (needs Node 20)
	@cd widget && npm install --no-save --silent && npm run --silent build

lock: setup ## write requirements.txt anew from requirements.in
	@.tools/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header \
	    --override requirements-overrides.txt --output-file requirements.txt requirements.in
