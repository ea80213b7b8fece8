# Whatever is installed or written is in .build; `make clean` removes it.

.DEFAULT_GOAL := help
.PHONY: help demo demo-stop test lint unit module end-to-end end-to-end-first-half end-to-end-second-half soak \
  crowds-and-examples least-privilege-first-half least-privilege-second-half masking accounts-and-docs test-aws \
  local-aws dist docs set-up clean

PORT = 4566
EXAMPLE = basic
PYTHON_MODULE = .build/venv/bin/python -m

export RUFF_CACHE_DIR = .build/ruff
export MYPY_CACHE_DIR = .build/mypy

# Without your AWS settings, and with what set-up found.
ISOLATED = set_up/isolated

# The longer tests wait most of the time. What each prints is kept together by a make that can, which that of macOS can't.
SIDE_BY_SIDE = $(MAKE) --no-print-directory --jobs
SHOWN_WHEN_DONE = $(if $(filter output-sync,$(.FEATURES)),--output-sync)

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: set-up ## watch a rotation on the local AWS; EXAMPLE=masking masks the copy, KEEP=1 leaves it running
	@$(ISOLATED) $(PYTHON_MODULE) demo --example $(EXAMPLE) $(if $(KEEP),--keep)

demo-stop: set-up ## end what make demo KEEP=1 left running
	@$(ISOLATED) $(PYTHON_MODULE) demo --stop

test: lint ## all of the following tests, on this machine only
	@echo "End-to-end, unit and module tests run side by side, for some minutes; each shows when it is done."
	@$(SIDE_BY_SIDE) 3 $(SHOWN_WHEN_DONE) end-to-end-first-half end-to-end-second-half unit module

lint: set-up ## ruff, mypy, import-linter, terraform fmt
	$(PYTHON_MODULE) ruff check
	$(PYTHON_MODULE) ruff format --check
	$(PYTHON_MODULE) mypy
	.build/venv/bin/lint-imports --no-logo --cache-dir .build/import-linter
	$(ISOLATED) terraform fmt -check -recursive

# Two processes: the local AWS changes moto, which the other tests take as it is.
unit: set-up ## tests of the Python package, of what must hold across languages, and of the local AWS
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/unit tests/contract
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/local_aws

module: set-up ## tests of what Terraform plans
	$(ISOLATED) env TF_DATA_DIR=.build/module terraform init -input=false -upgrade -test-directory=tests/module >.build/module.log
	$(ISOLATED) env TF_DATA_DIR=.build/module $(PYTHON_MODULE) tests.module.with_one_provider \
	  terraform test -test-directory=tests/module

end-to-end: set-up ## tests of whole rotations on the local AWS
	@$(SIDE_BY_SIDE) 2 $(SHOWN_WHEN_DONE) end-to-end-first-half end-to-end-second-half

# Each half deploys the rotator to a local AWS of its own.
FIRST_HALF = $(patsubst %,tests/end_to_end/test_%.py,faults permissions redrives reports retention)

end-to-end-first-half: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest $(FIRST_HALF)

end-to-end-second-half: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/end_to_end $(addprefix --ignore=,$(FIRST_HALF))

soak: set-up ## what takes longer: benchmarks, crowds, faults by chance, masking, examples, docs/, each permission taken away
	$(ISOLATED) .build/venv/bin/python benchmarks/import_cost.py
	$(ISOLATED) .build/venv/bin/python benchmarks/masking_cost.py
	$(ISOLATED) .build/venv/bin/python benchmarks/polling.py
	$(ISOLATED) .build/venv/bin/python benchmarks/sweep.py
	@$(SIDE_BY_SIDE) 4 crowds-and-examples masking least-privilege-first-half least-privilege-second-half accounts-and-docs

least-privilege-first-half: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/soak/test_least_privilege.py -k 'not second_half and not masking'

least-privilege-second-half: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/soak/test_least_privilege.py -k second_half

masking: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/soak/test_masking.py tests/soak/test_least_privilege.py -k masking

# Two processes: what the documentation deploys has names that the other account's rotator has, too.
accounts-and-docs: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/soak/test_cross_account.py
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/soak/test_documentation.py

crowds-and-examples: set-up
	$(ISOLATED) $(PYTHON_MODULE) pytest tests/soak \
	  $(addprefix --ignore=tests/soak/test_,cross_account.py documentation.py least_privilege.py masking.py)

test-aws: set-up ## tests of whole rotations in the AWS account of your environment
	. .build/environment && ROTATOR_TEST_AWS=1 exec $(PYTHON_MODULE) pytest tests/end_to_end

local-aws: set-up ## start the local AWS on PORT, default 4566
	@$(ISOLATED) $(PYTHON_MODULE) local_aws --port $(PORT)

dist: set-up ## build the zip files of the Lambda functions
	.build/venv/bin/python lambdas/package.py

docs: set-up ## write the tables of inputs and outputs, and the pictures, where they are out of date
	$(ISOLATED) $(PYTHON_MODULE) documentation

set-up: ## the tools, in .build; part of all of the above
	@set_up/set-up

clean: ## remove .build
	@if [ -e .build/demo ]; then $(MAKE) demo-stop; fi
	rm -rf .build
